#!/bin/sh
# A CGI script: the request is in the environment, the answer is what it prints.
printf 'Content-Type: text/plain; charset=utf-8\n\n'
printf 'A script of %s says hello.\n\n' "$SERVER_SOFTWARE"
for name in GATEWAY_INTERFACE SERVER_PROTOCOL REQUEST_METHOD SCRIPT_NAME PATH_INFO QUERY_STRING REMOTE_ADDR SERVER_NAME SERVER_PORT HTTP_USER_AGENT; do
  eval "value=\${$name-}"
  printf '%-18s %s\n' "$name" "$value"
done
