// What a careful person writes who wants what our router gives: its log with an id for each request, its headers, timeouts and
// buffers, gzip, the client's real address; and, as v1 and ours have it, a connection of its own to the app for each request.
// One worker: of two, chance decides which gets how many of the connections.

/** A file for an nginx that keeps everything in one folder; `http`: what its http block says. */
export function oneWorker(folder: string, http: string): string {
  return `
daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 10240; }
http {
  client_body_temp_path ${folder}/temp/b; proxy_temp_path ${folder}/temp/p; fastcgi_temp_path ${folder}/temp/f;
  uwsgi_temp_path ${folder}/temp/u; scgi_temp_path ${folder}/temp/s;
  ${http}
}`;
}

/** A file for nginx; `apps`: what handWrittenApp answers. */
export function handWritten(folder: string, apps: string): string {
  return oneWorker(
    folder,
    `
  log_format full '[$time_local] - $remote_addr - $remote_user - $status - "$request" - $bytes_sent - "$http_referer" - '
                  '"$http_user_agent" - $upstream_addr - $http_host - $upstream_response_time - $request_time - $request_id';
  access_log ${folder}/access.log full buffer=64k flush=1s;
  keepalive_timeout 1300s; keepalive_requests 100000; gzip on; gzip_types text/css;
  real_ip_header X-Forwarded-For; set_real_ip_from 10.0.0.0/8;
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  map $http_x_forwarded_proto $proto { default $scheme; https https; }
  map $proto $ssl { default off; https on; }
  ${apps}`,
  );
}

/** The app `<name>` at the host `<name>.test`; `servers` as they stand in its upstream. */
export function handWrittenApp(port: number, name: string, servers: string): string {
  return `
  upstream ${name} { ${servers} }
  server {
    listen 127.0.0.1:${port}; server_name ${name}.test;
    location / {
      proxy_pass http://${name}; proxy_http_version 1.1; proxy_buffering off; proxy_connect_timeout 1s;
      proxy_buffer_size 16k; proxy_buffers 8 16k;
      proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $proto; proxy_set_header X-Forwarded-Port $server_port;
      proxy_set_header X-Forwarded-Ssl $ssl; proxy_set_header X-Request-Id $request_id;
      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
    }
  }`;
}
