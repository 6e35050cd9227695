// Loaded before every Node program of a run: makes test runners write their results to files, and, where the system
// offers no network namespace, refuses connections that leave this machine.
'use strict';

const fs = require('fs');
const path = require('path');

const results = process.env.SHIPWORTHY_RESULTS;
const RUNNERS = [
  ['vitest', /\/vitest\/vitest\.mjs$/],
  ['jest', /\/(jest|jest-cli)\/bin\/jest\.js$/],
  ['jest', /\/(react-scripts|react-app-rewired)\/scripts\/test\.js$/],
  ['jest', /\/@craco\/craco\/(dist\/)?scripts\/test\.js$/],
  ['mocha', /\/(ts-)?mocha\/(bin\/)?(_?mocha|src\/index)(\.c?js)?$/],
  ['ava', /\/ava\/(entrypoints\/cli\.mjs|cli\.js)$/],
];
const WATCH = /^--watch(All)?(=.*)?$/;

function isMain() {
  try {
    return require('worker_threads').isMainThread;
  } catch {
    return true;
  }
}

function runner() {
  const script = process.argv[1];
  if (!results || !script || !isMain()) return null;
  let real = script;
  try {
    real = fs.realpathSync(script);
  } catch {
    return null;
  }
  real = real.split(path.sep).join('/');
  const found = RUNNERS.find(([, pattern]) => pattern.test(real));
  return found ? found[0] : null;
}

function add(...words) {
  const end = process.argv.indexOf('--');
  process.argv.splice(end < 0 ? process.argv.length : end, 0, ...words);
}

function drop(names) {
  for (let i = 2; i < process.argv.length; i++) {
    const [name] = process.argv[i].split('=');
    if (process.argv[i] === '--') return;
    if (names.includes(name)) {
      process.argv.splice(i, process.argv[i].includes('=') ? 1 : 2);
      i--;
    }
  }
}

function install(name) {
  const file = path.join(results, `${name}-${process.pid}-${Date.now()}.json`);
  if (name === 'vitest') {
    if (['bench', 'list', 'init'].includes(process.argv[2])) return;
    add('--reporter=default', '--reporter=json', `--outputFile.json=${file}`);
  } else if (name === 'jest') {
    process.argv = process.argv.filter((word, i) => i < 2 || !WATCH.test(word));
    add('--json', `--outputFile=${file}`);
  } else if (name === 'mocha') {
    if (process.argv.some((word) => word.endsWith('mocha_reporter.cjs'))) return;
    drop(['--reporter', '-R', '--reporter-option', '--reporter-options', '-O']);
    add('--reporter', path.join(__dirname, 'mocha_reporter.cjs'));
  } else if (name === 'ava') {
    add('--tap');
    const log = fs.openSync(file.replace(/json$/, 'tap'), 'a');
    const write = process.stdout.write;
    process.stdout.write = function (chunk, ...rest) {
      try {
        fs.writeSync(log, chunk);
      } catch {
        // The results then say less; the run itself goes on.
      }
      return write.call(this, chunk, ...rest);
    };
  }
}

function isLocal(host) {
  const name = String(host || 'localhost').toLowerCase().replace(/^\[|\]$/g, '');
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || name === '0.0.0.0' || name === '::' ||
    /^127(\.\d{1,3}){3}$/.test(name) || /^::ffff:127\./.test(name);
}

function refusal(host) {
  return Object.assign(new Error(`connect ENETUNREACH ${host}: shipworthy runs tests without network`), {
    code: 'ENETUNREACH', syscall: 'connect', address: host,
  });
}

function guard() {
  const net = require('net');
  const dgram = require('dgram');
  const dns = require('dns');
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...args) {
    const first = Array.isArray(args[0]) ? args[0][0] : args[0];
    const options = first && typeof first === 'object' ? first : null;
    const pipe = options ? options.path : typeof first === 'string' && Number.isNaN(Number(first));
    const host = options ? options.host : typeof args[1] === 'string' ? args[1] : undefined;
    if (pipe || isLocal(host)) return connect.apply(this, args);
    process.nextTick(() => this.destroy(refusal(host)));
    return this;
  };
  const send = dgram.Socket.prototype.send;
  dgram.Socket.prototype.send = function (...args) {
    const hosts = args.filter((each) => typeof each === 'string').slice(typeof args[0] === 'string' ? 1 : 0);
    if (hosts.some((host) => !isLocal(host))) throw refusal(hosts[0]);
    return send.apply(this, args);
  };
  const lookup = dns.lookup;
  dns.lookup = function (host, ...rest) {
    if (isLocal(host)) return lookup.call(this, host, ...rest);
    const error = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND', hostname: host });
    const callback = rest[rest.length - 1];
    if (typeof callback === 'function') process.nextTick(callback, error);
    return {};
  };
}

if (process.env.SHIPWORTHY_GUARD) guard();
const found = runner();
if (found) install(found);
