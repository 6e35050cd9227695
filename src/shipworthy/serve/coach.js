// The keyboard is the coach's as soon as it listens, and the link's when it has ended.
addEventListener("DOMContentLoaded", () => {
  const focused = new Set();
  const give = (state, to) => {
    if (document.body.classList.contains(state) && !focused.has(state)) {
      focused.add(state);
      document.querySelector(to).focus();
    }
  };
  new MutationObserver(() => {
    give("-loaded", ".xterm-helper-textarea");
    give("-closed", ".ended a");
  }).observe(document.body, { attributeFilter: ["class"] });
});
