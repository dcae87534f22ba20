#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What is installed is what is promised: every tool with its manual and its completions, nothing
# else; and the Debian package installs, runs and goes without leaving anything.
load ../support/common

setup_file() {
  # One package for all tests.
  cpack -G DEB --config "$TESTED_BUILD/CPackConfig.cmake" -B "$BATS_FILE_TMPDIR" \
    >"$BATS_FILE_TMPDIR/log" 2>&1 || { cat "$BATS_FILE_TMPDIR/log"; return 1; }
  DEB=$(echo "$BATS_FILE_TMPDIR"/tbgw_*.deb)
  export DEB
}

setup() { common_setup; }
teardown() { common_teardown; }

# promised ZSH-FOLDER MANUAL-SUFFIX: the files below the prefix, sorted. The tools are those of
# CMakeLists.txt, whatever else stands in the folders.
promised() {
  local tool page
  {
    while read -r tool; do
      printf '%s\n' "bin/$tool" "share/man/man1/$tool.1$2" \
        "share/bash-completion/completions/$tool" "share/zsh/$1/_$tool" \
        "share/fish/vendor_completions.d/$tool.fish"
    done <"$TESTED_BUILD/tools.txt"
    for page in "$SOURCE"/man/*.[57]; do
      printf '%s\n' "share/man/man${page##*.}/$(basename "$page")$2"
    done
    printf 'lib/systemd/system/%s.service\n' tbgw tbgw-uplink tbgw-route tbgw-connector@
    printf '%s\n' lib/sysusers.d/tbgw.conf libexec/tbgw/stage
    printf 'share/tbgw/s6/%s/finish\n' tbgw tbgw-uplink tbgw-route tbgw-connector
    printf 'share/tbgw/s6/%s/run\n' tbgw tbgw-uplink tbgw-route tbgw-connector
    printf 'share/tbgw/s6/%s/notification-fd\n' tbgw tbgw-uplink tbgw-route
    printf 'share/doc/tbgw/%s\n' README.md copyright
    printf 'share/doc/tbgw/examples/%s\n' custom_serial.json serial-connector.cpp \
      serial-connector.py serial-connector.sh tbgw-map.schema.json tbgw-serial@.service
  } | LC_ALL=C sort
}

files_below() { (cd "$1" && find . ! -type d | sed 's|^\./||' | LC_ALL=C sort); }

# Packages are for root; a user becomes root of a world of his own.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else unshare --map-root-user "$@"; fi
}

# Whatever this machine's dpkg leaves out (containers often do without manuals) is installed here.
# The maintainer scripts run outside of the root, and are told where it is.
dpkg_here() {
  as_root dpkg --root="$T/root" --log="$T/dpkg.log" --path-include='*' --force-not-root \
    --force-depends --force-script-chrootless "$@" >"$T/dpkg.out" 2>"$T/dpkg.err"
}

# scratch_root: a root in which no package is installed.
scratch_root() {
  mkdir -p "$T/root/var/lib/dpkg/info" "$T/root/var/lib/dpkg/updates"
  : >"$T/root/var/lib/dpkg/status"
}

# The files of the root that are neither dpkg's nor those of its users.
files_left() {
  find "$T/root" ! -type d ! -path "$T/root/var/lib/dpkg/*" |
    grep -vE '/root/etc/(\.pwd\.lock|g?shadow-?|passwd-?|group-?)$' || true
}

@test "cmake --install puts exactly the promised files below the prefix" {
  DESTDIR="$T/root" cmake --install "$TESTED_BUILD" --prefix /usr/local >/dev/null
  diff <(promised site-functions "") <(files_below "$T/root/usr/local")
  [ "$(files_below "$T/root" | grep -vc '^usr/local/')" -eq 0 ]
  # and what a service starts is there
  run ! grep -rE '/usr/(bin|libexec)/' "$T/root/usr/local/lib/systemd" "$T/root/usr/local/share/tbgw"
  for file in $(grep -rhoE '/usr/local/[a-z/-]+' "$T/root/usr/local/lib/systemd" \
    "$T/root/usr/local/share/tbgw"); do
    [ -x "$T/root$file" ]
  done
}

@test "the package holds exactly the promised files, and a changelog" {
  dpkg-deb --fsys-tarfile "$DEB" | tar -t | grep -v '/$' | sed 's|^\./usr/||' | LC_ALL=C sort \
    >"$T/list"
  diff <({ promised vendor-completions .gz; echo share/doc/tbgw/changelog.gz; } | LC_ALL=C sort) \
    "$T/list"
}

@test "the package is called as Debian expects, and names its libraries" {
  version=$("$TESTED_TOOLS/tbgw-replay" --version | awk 'NR == 1 {print $2}')
  assert_equal "$(basename "$DEB")" "tbgw_${version}_$(dpkg --print-architecture).deb"
  assert_equal "$(dpkg-deb -f "$DEB" Version)" "$version"
  dpkg-deb -f "$DEB" Depends | grep -q 'libmosquitto1 .*libserialport0'
}

@test "the package installs, its tools run, and nothing is left when it goes" {
  scratch_root
  dpkg_here --install "$DEB"
  grep -q '^Status: install ok installed' "$T/root/var/lib/dpkg/status"
  while read -r tool; do
    run --separate-stderr "$T/root/usr/bin/$tool" --version
    assert_success
    assert_output --partial "$tool "
    [ -z "$stderr" ]
    man -l "$T/root/usr/share/man/man1/$tool.1.gz" | grep -q NAME
  done <"$TESTED_BUILD/tools.txt"
  printf '48\r2430947595\n' | "$T/root/usr/bin/tbgw-serial" - |
    "$T/root/usr/bin/tbgw-convert" "$T/root/usr/share/doc/tbgw/examples/custom_serial.json" |
    jq -e '.telemetry[0].values.humidity == 48'
  dpkg_here --purge tbgw
  [ -z "$(files_left)" ]
  [ ! -e "$T/root/usr" ]
}

@test "the package makes its user, enables nothing, and takes what was kept only with a purge" {
  scratch_root
  dpkg_here --install "$DEB"
  grep -q '^tbgw:.*:/var/lib/tbgw:/usr/sbin/nologin$' "$T/root/etc/passwd"
  grep -q '^dialout:.*tbgw$' "$T/root/etc/group"
  [ -d "$T/root/etc/tbgw" ]
  [ ! -e "$T/root/etc/systemd" ] # where units are enabled
  dpkg_here --install "$DEB"     # again, as an upgrade

  mkdir -p "$T/root/var/lib/tbgw/spool" "$T/root/etc/systemd/system/multi-user.target.wants"
  touch "$T/root/var/lib/tbgw/spool/1" "$T/root/etc/tbgw/gateway.toml"
  ln -s /lib/systemd/system/tbgw-connector@.service \
    "$T/root/etc/systemd/system/multi-user.target.wants/tbgw-connector@a.service"
  dpkg_here --remove tbgw
  [ -e "$T/root/var/lib/tbgw/spool/1" ]
  dpkg_here --purge tbgw
  # What the administrator wrote is never taken.
  assert_equal "$(files_left)" "$T/root/etc/tbgw/gateway.toml"
  [ ! -e "$T/root/var/lib/tbgw" ]
  grep -q '^tbgw:' "$T/root/etc/passwd"
}

@test "no maintainer script starts or enables a service" {
  dpkg-deb --ctrl-tarfile "$DEB" | tar -x -C "$T" ./postinst ./prerm ./postrm
  for script in postinst prerm postrm; do
    sh -n "$T/$script"
    [ -x "$T/$script" ]
    # try-restart is for what runs already
    run ! grep -E 'systemctl.* (start|restart|enable|preset|reenable)|deb-systemd|invoke-rc' "$T/$script"
  done
  grep -q '^systemd' <(dpkg-deb -f "$DEB" Depends)
}

@test "lintian finds no error in the package" {
  run --separate-stderr lintian --fail-on error "$DEB"
  assert_success
}

@test "each tool links only what its job needs" {
  while read -r tool; do
    ldd "$TESTED_TOOLS/$tool" >"$T/libraries"
    case $tool in
      tbgw-push) grep -q libmosquitto "$T/libraries" ;;
      *) run ! grep -E 'libmosquitto|libssl|libcrypto' "$T/libraries" ;;
    esac
    case $tool in
      tbgw-serial | tbgw-modbus) grep -q libserialport "$T/libraries" ;;
      *) run ! grep libserialport "$T/libraries" ;;
    esac
    case $tool in
      tbgw-modbus) grep -q libmodbus "$T/libraries" ;;
      *) run ! grep libmodbus "$T/libraries" ;;
    esac
  done <"$TESTED_BUILD/tools.txt"
}
