// A mocha reporter that writes counts, failures and skipped tests as JSON; for every version of mocha.
'use strict';

const fs = require('fs');
const path = require('path');

module.exports = class {
  constructor(runner) {
    const rows = { passed: 0, failed: [], skipped: [] };
    const file = path.join(process.env.SHIPWORTHY_RESULTS, `mocha-${process.pid}-${Date.now()}.json`);
    const write = () => fs.writeFileSync(file, JSON.stringify({ shipworthy: 'mocha', ...rows }));
    const title = (test) => (test.fullTitle ? test.fullTitle() : String(test.title)).slice(0, 300);
    runner.on('pass', () => {
      rows.passed += 1;
    });
    runner.on('fail', (test, error) => {
      if (rows.failed.length < 500) {
        const message = String((error && (error.message || error)) || '').slice(0, 2000);
        rows.failed.push({ name: title(test), message, file: test.file || '', hook: test.type === 'hook' });
      }
    });
    runner.on('pending', (test) => rows.skipped.length < 2000 && rows.skipped.push(title(test)));
    runner.on('end', write);
  }
};
