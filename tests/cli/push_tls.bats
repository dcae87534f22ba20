#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# tbgw-push over TLS: the server is checked, always; what is not trusted is refused with its reason.

load ../support/common

setup() {
  common_setup
  mkdir "$T/pki"
  cd "$T/pki" || return
  authority ca
  certificate server ca "DNS:localhost,IP:127.0.0.1"
}
teardown() { common_teardown; }

READING='{"telemetry":{"a":1}}'

quietly() { "$@" 2>"$T/openssl.log" || { cat "$T/openssl.log"; return 1; }; }

# authority NAME: a CA as NAME.pem, NAME.key.
authority() {
  quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 \
    -subj "/CN=$1" -keyout "$1.key" -out "$1.pem"
}

# certificate NAME CA SAN [OPTION...]: signed by CA, as NAME.pem, NAME.key.
certificate() {
  local name=$1 ca=$2 san=$3
  shift 3
  quietly openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
    -keyout "$name.key" -out "$name.csr"
  [ "$#" -gt 0 ] || set -- -days 3
  quietly openssl x509 -req -in "$name.csr" -CA "$ca.pem" -CAkey "$ca.key" -CAcreateserial \
    -extfile <(printf 'subjectAltName=%s\n' "$san") -out "$name.pem" "$@"
}

start_tls_platform() {
  start_platform --tls-cert "$T/pki/server.pem" --tls-key "$T/pki/server.key" "$@"
  URL=mqtts://127.0.0.1:$PLATFORM_PORT
}
push() { tbgw-push "$URL" --token-file "$T/token" "$@"; }

arrived() { jq -c 'select(.kind == "telemetry") | .values' "$T/platform.log"; }

@test "a server that our CA signed is trusted, by address and by name, in both MQTT versions" {
  start_tls_platform
  run -0 --separate-stderr push --ca ca.pem <<<"$READING"
  assert_equal "$stderr" ""
  URL=mqtts://localhost:$PLATFORM_PORT
  run -0 --separate-stderr push --ca ca.pem --protocol 3.1.1 <<<"$READING"
  assert_equal "$stderr" ""
  assert_equal "$(arrived)" '{"a":1}
{"a":1}'
}

@test "without --ca the system's certificates count" {
  start_tls_platform
  SSL_CERT_FILE=$T/pki/ca.pem run -0 --separate-stderr push <<<"$READING"
  assert_equal "$stderr" ""
  run -77 --separate-stderr push <<<"$READING"
  assert_regex "$stderr" "the server's certificate is not trusted"
}

@test "another CA is not trusted" {
  authority other
  start_tls_platform
  run -77 --separate-stderr push --ca other.pem <<<"$READING"
  assert_output ""
  assert_regex "$stderr" "^tbgw-push: cannot connect to $URL: the server's certificate is not trusted"
  [ "${#stderr_lines[@]}" -eq 1 ]
  assert_equal "$(arrived)" ""
}

@test "a certificate for another host is refused" {
  certificate server ca "DNS:other.example.com"
  start_tls_platform
  run -77 --separate-stderr push --ca ca.pem <<<"$READING"
  assert_regex "$stderr" "the server's certificate is not for 127\.0\.0\.1$"
  assert_equal "$(arrived)" ""
}

@test "an expired certificate is refused" {
  certificate server ca "IP:127.0.0.1" -days 0
  # -days 0 ends at this second.
  wait_until 10 _expired
  start_tls_platform
  run -77 --separate-stderr push --ca ca.pem <<<"$READING"
  assert_regex "$stderr" "the server's certificate is not trusted(: certificate has expired)?$"
}
_expired() { ! openssl x509 -in "$T/pki/server.pem" -noout -checkend 0; }

@test "a self-signed certificate is refused" {
  quietly openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3 \
    -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout server.key -out server.pem
  start_tls_platform
  run -77 --separate-stderr push --ca ca.pem <<<"$READING"
  assert_regex "$stderr" "not trusted(: self-signed certificate)?$"
}

@test "a client certificate is shown to the server that wants one" {
  certificate client ca "DNS:gateway"
  start_tls_platform --tls-ca "$T/pki/ca.pem"
  run -0 --separate-stderr tbgw-push "$URL" --ca ca.pem --cert client.pem --key client.key \
    --token-file "$T/token" <<<"$READING"
  assert_equal "$stderr" ""
  assert_equal "$(arrived)" '{"a":1}'
}

@test "certificate files that cannot be used are a matter of configuration" {
  start_tls_platform
  run -66 --separate-stderr push --ca absent.pem <<<"$READING"
  assert_regex "$stderr" "absent\.pem"
  echo nonsense >bad.pem
  run -78 --separate-stderr push --ca bad.pem <<<"$READING"
  assert_regex "$stderr" "Unable to load CA certificates"
  certificate client ca "DNS:gateway"
  run -78 --separate-stderr push --ca ca.pem --cert client.pem --key server.key <<<"$READING"
  assert_regex "$stderr" "Unable to load client key file|inconsistent"
}

@test "TLS to a port that speaks something else is refused and says so" {
  background server python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
while True:
    c, _ = s.accept()
    c.recv(1000)
    c.sendall(b"220 this is no TLS\r\n")
    c.close()'
  wait_for "$T/server.out" '[0-9]'
  run -77 --separate-stderr tbgw-push "mqtts://127.0.0.1:$(head -n 1 "$T/server.out")" --ca ca.pem <<<"$READING"
  assert_regex "$stderr" 'TLS: wrong version number; this port speaks no TLS: plain MQTT has a URL that begins with mqtt://$'
}

@test "a handshake that stalls is given up in time, without spinning" {
  background server python3 -c 'import socket, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
time.sleep(600)'
  wait_for "$T/server.out" '[0-9]'
  mkfifo "$T/in"
  STDIN="rw:$T/in" background push tbgw-push "mqtts://127.0.0.1:$(cat "$T/server.out")" --ca ca.pem \
    --connect-timeout 1s -v
  wait_count "$T/push.err" 'no answer within 1s; trying again' 2 60
  [ "$(awk '{print $14 + $15}' "/proc/$pid_push/stat")" -lt 50 ]
}

@test "ten thousand records and a lost connection over TLS" {
  start_tls_platform
  mkfifo "$T/in"
  STDIN=$T/in background push tbgw-push "$URL" --ca ca.pem --token-file "$T/token"
  {
    seq 1 5000 | sed 's/.*/{"telemetry":[{"ts":&,"values":{"n":&}}]}/'
    wait_for "$T/platform.log" '"n":3000' 60
    platform drop
    seq 5001 10000 | sed 's/.*/{"telemetry":[{"ts":&,"values":{"n":&}}]}/'
  } >"$T/in"
  assert_ends push 0 60
  assert_equal "$(jq 'select(.kind == "telemetry") | .values.n' "$T/platform.log" | sort -nu | wc -l)" 10000
}

# start_openssl OPTION...: openssl's server; URL is where. It ends when its standard input does.
start_openssl() {
  mkfifo "$T/server.in"
  STDIN="rw:$T/server.in" background server \
    openssl s_server -accept 127.0.0.1:0 -cert server.pem -key server.key "$@"
  wait_for "$T/server.out" '^ACCEPT .*:[0-9]'
  URL=mqtts://127.0.0.1:$(sed -n 's/^ACCEPT.*:\([0-9]*\)$/\1/p' "$T/server.out")
  (umask 077 && echo token >"$T/token")
}

@test "a server that wants a client certificate says so to who has none" {
  certificate client ca "DNS:gateway"
  start_tls_platform --tls-ca "$T/pki/ca.pem" --tls-demand
  # A certificate alone is enough to be known by.
  run -0 --separate-stderr tbgw-push "$URL" --ca ca.pem --cert client.pem --key client.key <<<"$READING"
  assert_equal "$stderr" ""
  assert_equal "$(arrived)" '{"a":1}'
  # The stand-in hangs up without a word where other servers say why.
  start_openssl -Verify 1 -verify_return_error -CAfile ca.pem
  run -77 --separate-stderr timeout 60 tbgw-push "$URL" --ca ca.pem --token-file "$T/token" <<<"$READING"
  assert_regex "$stderr" "certificate required"
  authority other
  certificate stranger other "DNS:gateway"
  run -77 --separate-stderr timeout 60 tbgw-push "$URL" --ca ca.pem --cert stranger.pem --key stranger.key \
    <<<"$READING"
  assert_regex "$stderr" "TLS: "
}

@test "a server that speaks TLS 1.1 and nothing later is refused" {
  start_openssl -tls1_1 -cipher 'ALL:@SECLEVEL=0'
  run -77 --separate-stderr timeout 60 tbgw-push "$URL" --token-file "$T/token" --ca ca.pem <<<"$READING"
  assert_regex "$stderr" "^tbgw-push: cannot connect to $URL: TLS: .*protocol"
}

@test "the name of the host is told to the server, and only one that is a name" {
  start_openssl -tlsextdebug -msg
  run timeout 10 tbgw-push "mqtts://localhost:${URL##*:}" --ca ca.pem --connect-timeout 500ms </dev/null
  wait_for "$T/server.out" 'extension "server name"'
}

@test "nothing goes out in the clear to an mqtts:// URL" {
  start_platform
  local port=$PLATFORM_PORT
  run ! --separate-stderr timeout 5 tbgw-push "mqtts://127.0.0.1:$port" --ca ca.pem --token-file "$T/token" \
    <<<"$READING"
  assert_regex "$stderr" "TLS: "
  assert_equal "$(jq -r 'select(.kind == "session")' "$T/platform.log")" ""
}

@test "plain MQTT to a port for TLS is told what to mend" {
  start_tls_platform
  run -0 --separate-stderr tbgw-push "mqtt://127.0.0.1:$PLATFORM_PORT" --token-file "$T/token" </dev/null
  assert_regex "$stderr" "the URL begins with mqtts://|closed the connection"
}

@test "through a proxy the certificate is still that of the platform" {
  certificate server ca "DNS:tb.invalid"
  start_tls_platform
  background proxy "$SUPPORT/socks_proxy" --lookup "tb.invalid=127.0.0.1:$PLATFORM_PORT"
  wait_for "$T/proxy.out" '^[0-9]'
  URL=mqtts://tb.invalid
  run -0 --separate-stderr push --ca ca.pem --proxy "socks5://127.0.0.1:$(head -n 1 "$T/proxy.out")" <<<"$READING"
  assert_equal "$stderr" ""
  assert_equal "$(arrived)" '{"a":1}'
}

@test "provisioning gives the platform our certificate, which lets us in from then on" {
  certificate client ca "DNS:gateway"
  start_tls_platform --tls-ca "$T/pki/ca.pem" --provision KEY SECRET
  (umask 077 && echo '{"provisionDeviceKey":"KEY","provisionDeviceSecret":"SECRET","credentialsType":"X509_CERTIFICATE"}' >"$T/provision.json")
  run -64 --separate-stderr tbgw-push "$URL" --ca ca.pem --provision "$T/provision.json" <<<"$READING"
  assert_regex "$stderr" "needs --cert and --key"
  local time
  for time in first second; do
    echo "the $time time"
    run -0 --separate-stderr tbgw-push "$URL" --ca ca.pem --cert client.pem --key client.key \
      --provision "$T/provision.json" <<<"$READING"
    assert_equal "$stderr" ""
  done
  assert_equal "$(jq -c 'select(.kind == "provision") | [.request.credentialsType, (.request.hash | startswith("-----BEGIN CERTIFICATE"))]' "$T/platform.log")" \
    '["X509_CERTIFICATE",true]'
  assert_equal "$(arrived | wc -l)" 2
}
