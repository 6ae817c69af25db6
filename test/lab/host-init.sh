#!/bin/sh
# First process of a host's pid namespace: host-init.sh FOLDER NAME LOCK
# Puts the host's own folders over the machine's, then lives as long as the run's lock is held. When it ends, by kill -9 ("power off") or
# because the lab's owner is gone, the kernel ends every process of the host with it.
set -e
folder=$1
name=$2
lock=$3
hostname "$name"
mount --bind "$folder/run" /run
mount --bind "$folder/etc" /etc/libvirt
mount --bind "$folder/lib" /var/lib
mount --bind "$folder/log" /var/log
mount --bind "$folder/cache" /var/cache
for file in hosts passwd group; do mount --bind "$folder/$file" "/etc/$file"; done
echo ready
# A shared lock: other hosts of the lab wait for the same one.
flock --shared "$lock" true &
wait $!
