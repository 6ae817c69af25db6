#!/bin/sh
# customize.sh ROOT: makes a fresh Debian tree the guest: services on, everything off that would change the list of processes by itself.
set -e
root=$1
chmod 0755 "$root/srv/ftp"
rm -f "$root/etc/resolv.conf" "$root/etc/hostname"
sed -i 's/^anonymous_enable=.*/anonymous_enable=YES/' "$root/etc/vsftpd.conf"
chroot "$root" systemctl enable lab-agent.service systemd-networkd.service nginx.service vsftpd.service
chroot "$root" systemctl disable systemd-networkd-wait-online.service
chroot "$root" systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
  systemd-tmpfiles-clean.timer
# It has a script of System V only. Enabling such a service outside a running system makes the links and then fails.
chroot "$root" update-rc.d icecast2 defaults
chroot "$root" update-rc.d icecast2 enable || true
ls "$root"/etc/rc3.d/S??icecast2 > /dev/null
# Refuses what would only show when the guest boots.
chroot "$root" nginx -t -q
