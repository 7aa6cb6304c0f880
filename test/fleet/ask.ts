// HTTP as it goes over the wire: nothing is tidied up.

import { request } from 'node:http';

/** What came back; `headers` in lower case. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface Asked {
  method?: string;
  body?: string | Buffer;
  /** Pairs, so that one may be sent twice. */
  headers?: string[];
}

/** One request, as it is: nothing about `path` is tidied up. */
export function askAt(
  where: { socketPath: string } | { host: string; port: number },
  path: string,
  { method = 'GET', body, headers = [] }: Asked,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? [] : ['content-length', String(Buffer.byteLength(body))];
    const sent = request(
      { ...where, path, method, agent: false, headers: ['host', 'fleet', ...headers, ...length] },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
        response.on('error', reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
