#!/bin/sh
# Installs the programs that tests talk to: a real mail server, a mail client
# and clients of the filters that Postern replaces. Tests that miss one skip
# and say so. Nothing that is installed is started as a service.
set -eu
missing=""
for pair in postfix:/usr/sbin/postfix swaks:/usr/bin/swaks rspamd:/usr/bin/rspamc \
	miltertest:/usr/bin/miltertest gcc:/usr/bin/gcc zstd:/usr/bin/zstd \
	postgrey:/usr/sbin/postgrey opendkim:/usr/sbin/opendkim python3-dkim:/usr/lib/python3/dist-packages/dkim/__init__.py \
	python3-nacl:/usr/lib/python3/dist-packages/nacl/__init__.py \
	python3-authres:/usr/lib/python3/dist-packages/authres/__init__.py; do
	[ -e "${pair#*:}" ] || missing="$missing ${pair%%:*}"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
	echo "test-packages: not installed and cannot be installed here:$missing; their tests will skip" >&2
	exit 0
fi
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod +x "$policy"
	trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# The list is meant to be split into words.
# shellcheck disable=SC2086
apt-get install -qq -y --no-install-recommends libc6-dev $missing >/dev/null
