echo "a shell, process $$"
cd /tmp && mkdir -p a/b && echo one > a/b/file && echo two >> a/b/file && cat a/b/file | sort -r
for number in 3 1 2; do echo $number; done | sort | tr '\n' ' '; echo
ln -s a/b/file link && cat link | wc -l; rm -r a; cat link 2>&1
seq 1 20000 | gzip | gunzip | md5sum
(echo in a subshell; exit 3); echo "it said $?"
sleep 0.01 & wait; echo "background done"
trap 'echo caught' USR1; kill -USR1 $$; echo "after the signal"
sh -c 'kill -SEGV $$'; echo "killed: $?"
find /proc/tessera | wc -l; echo $((6 * 7)) | awk '{print $1 + 1}'
dd if=/dev/zero of=big bs=4096 count=256 2>/dev/null; sha256sum big | cut -c1-16; stat -c %s big
tar cf big.tar big && rm big && tar xf big.tar && cmp big big && ls -l big | cut -c1-10
exit 5
