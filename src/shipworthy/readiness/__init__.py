r"""The signed readiness file: statement, source tree id, envelope, signers, verification.

Small enough to audit in an afternoon. Read in this order:

1. `sshsig`, `dsse`: the two formats, alone; they import nothing of shipworthy.
2. `tree`: what is signed is the git tree id of a commit without the readiness files themselves.
3. `statement`: what is said of that tree, written deterministically and read strictly.
4. `allowed`, `trust`: whose keys may sign as what, by a base or by pinned fingerprints; `people`: keys into people.
5. `rules`: when a statement is enough, by the verifier's own policy, checklist and clock.
6. `history`, `merge`, `drift`: rollbacks, merges to come, later trees.
7. `verify`: the steps in their order, and `answers`, how it says no. Nothing outside commits is read or fetched.
8. `sign`, `records`, `replace`, `signers`, `keys`, `passphrases`, `enrol`, `apart`: the other side.

What a signature says: this key signed this tree under this policy. It does not say that a human read it. Not covered:
files git ignores, the contents of submodules and of files kept in LFS.

Anybody can check a fresh file without shipworthy, with git, jq and ssh-keygen (8.2 or later) alone. At the top of the
repository, with TRUST set to the signer's fingerprint, this prints the good signature and `true`, and exits 0::

    (f=.shipworthy/readiness.production; t=$(mktemp -d) &&
    export GIT_NO_REPLACE_OBJECTS=1 GIT_INDEX_FILE="$t/index" &&
    git show "HEAD:$f.json" > "$t/payload" &&
    git show "HEAD:$f.dsse.json" | jq -j '.signatures[0].sig | @base64d' > "$t/sig" &&
    { printf 'DSSEv1 28 application/vnd.in-toto+json %d ' $(wc -c < "$t/payload"); cat "$t/payload"; } |
      ssh-keygen -Y check-novalidate -n shipworthy-author -s "$t/sig" | grep "key ${TRUST:?}\$" &&
    test "$(git ls-tree HEAD "$f.json" "$f.dsse.json" | grep -c '^100644 blob')" = 2 &&
    git read-tree HEAD && git update-index --force-remove "$f.json" "$f.dsse.json" &&
    jq -e --arg tree "$(git write-tree)" '.subject[0].digest.gitTree == $tree
      and .predicate.verdict == "READY" and (.predicate.expiresAt | fromdate) > now' "$t/payload")

It proves the signature, the tree and the date. `shipworthy verify` also holds the items against its own checklist.

For a team, with BASE set to the protected ref, this prints a line for every signature that its people made::

    (f=.shipworthy/readiness.production; t=$(mktemp -d) && export GIT_NO_REPLACE_OBJECTS=1 &&
    git show "${BASE:?}:.shipworthy/allowed_signers" > "$t/signers" &&
    { git show "$BASE:.shipworthy/revoked_keys" > "$t/revoked" 2> "$t/none" || : > "$t/revoked"; } &&
    git show "HEAD:$f.json" > "$t/payload" && git show "HEAD:$f.dsse.json" > "$t/envelope" &&
    { printf 'DSSEv1 28 application/vnd.in-toto+json %d ' $(wc -c < "$t/payload"); cat "$t/payload"; } > "$t/pae" &&
    for i in $(jq '.signatures | keys[]' "$t/envelope"); do
      jq -j ".signatures[$i].sig | @base64d" "$t/envelope" > "$t/sig"
      who=$(ssh-keygen -Y find-principals -f "$t/signers" -s "$t/sig") || continue
      for role in author approver; do
        ssh-keygen -Y verify -f "$t/signers" -r "$t/revoked" -I "$who" -n "shipworthy-$role" -s "$t/sig" < "$t/pae" |
          grep '^Good'
      done
    done 2> "$t/none")
"""
