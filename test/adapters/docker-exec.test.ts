// A command in a container, against an Engine whose answers the test gives; and the probe that asks with it.

import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { rmSync } from 'node:fs';
import t, { type Test } from 'tap';
import { dockerExec } from '../../src/adapters/docker-exec.ts';
import { probeWith } from '../../src/agent/probe.ts';

const signal = AbortSignal.timeout(60_000);
const AT = { host: '127.0.0.1', port: 1 };

const frame = (text: string): Buffer => {
  const head = Buffer.alloc(8);
  head[0] = 1;
  head.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([head, Buffer.from(text)]);
};

/** `hangs`: the command does not end by itself. */
async function engine(
  t: Test,
  answers: {
    output?: Buffer[];
    exitCode?: number;
    pid?: number;
    hangs?: boolean;
    refused?: string;
  },
) {
  const { output = [], exitCode = 0, pid = 0, hangs = false, refused } = answers;
  const socket = `/tmp/deis-exec-${process.pid}-${Math.random().toString(36).slice(2)}.sock`;
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      asked.push([request.url, body === '' ? undefined : JSON.parse(body)]);
      if (request.url === '/containers/c1/exec') {
        response.statusCode = refused === undefined ? 201 : 409;
        response.end(refused ?? '{"Id":"e1"}');
      } else if (request.url === '/exec/e1/start') {
        for (const part of output) response.write(part);
        if (hangs) response.flushHeaders();
        else response.end();
      } else response.end(JSON.stringify({ ExitCode: exitCode, Pid: pid, Running: hangs }));
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
    rmSync(socket, { force: true });
  });
  return { exec: dockerExec(socket), asked };
}

void t.test('its exit code, and the end of what it said', async (t) => {
  const both = Buffer.concat([frame('one\n'), frame('two\n')]);
  const { exec, asked } = await engine(t, {
    output: [both.subarray(0, 5), both.subarray(5, 14), both.subarray(14)],
    exitCode: 3,
  });
  t.same(await exec('c1', ['check', '-v'], signal), { exitCode: 3, output: 'one\ntwo\n' });
  t.match(asked[0], ['/containers/c1/exec', { Cmd: ['check', '-v'] }]);
});

void t.test('a probe by it: passed, failed with its last words, too late', async (t) => {
  const inside = { container: 'c1', command: ['check'] };
  const well = await engine(t, {});
  t.same(await probeWith(well.exec)({ ...AT, inside }, 1000, signal), { kind: 'passed' });
  const sick = await engine(t, { output: [frame('hm\nno queue\n')], exitCode: 2 });
  t.same(await probeWith(sick.exec)({ ...AT, inside }, 1000, signal), {
    kind: 'failed',
    reason: 'check ended with 2: no queue',
    refused: false,
  });
  const gone = await engine(t, { refused: '{"message":"is not running"}' });
  t.match(await probeWith(gone.exec)({ ...AT, inside }, 1000, signal), {
    kind: 'failed',
    reason: /is not running/,
  });
});

void t.test('one that does not end is killed when its time is over', async (t) => {
  const command = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => command.once('exit', (_, by) => resolve(by)));
  const { exec } = await engine(t, { hangs: true, pid: command.pid! });
  const inside = { container: 'c1', command: ['check'] };
  const verdict = await probeWith(exec)({ ...AT, inside }, 300, signal);
  t.same(verdict, { kind: 'failed', reason: 'no answer within 300 ms', refused: false });
  t.equal(await ended, 'SIGKILL');
});
