#!/bin/sh
# Runs irctest against the built server: IRCTEST_DIR is a checkout of it, IRCTEST_RUNNER a runner that starts any
# server from IRCD_CMD. Neither is a part of this repository. Arguments go to the runner: run.sh --set core --failures
set -eu
here=$(cd "$(dirname "$0")" && pwd)
: "${IRCTEST_RUNNER:?set IRCTEST_RUNNER to the runner}"
export IRCD_CMD="node $here/adapter.mjs {config}"
export IRCD_NAME=plainwire IRCD_SASL='' IRCD_REGISTER='' IRCD_EXTBAN_MUTE=m
exec "$IRCTEST_RUNNER" "$@"
