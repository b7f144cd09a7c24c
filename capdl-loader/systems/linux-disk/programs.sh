exec bash <<'SCRIPT'
cd /home && mkdir work && cd work
echo "bash: $(for i in {1..5}; do echo $((i * i)); done | sort -rn | paste -sd+ | tee sum) = $(($(cat sum)))"
seq 1 1000 > numbers; wc -l < numbers; md5sum numbers; tail -2 numbers | xargs echo
grep -c 7 numbers; sed -n 's/^\(.\)00$/<\1>/p' numbers | head -2 | xargs echo
awk '{sum += $1} END {print "gawk", sum}' numbers
find /usr/share/perl -name 'strict.pm' | wc -l; cp numbers other; echo more >> other; diff numbers other
tar cf - numbers other | gzip -9 | gunzip | tar tf -; xz -k numbers && xz -dc numbers.xz | cmp - numbers && echo "xz: equal"
perl -e 'my %h = map { $_ => $_ ** 2 } 1 .. 9; print "perl ", join(",", map { $h{$_} } sort keys %h), "\n"'
lua -e 'local t = {} for i = 1, 5 do t[i] = i * 2 end print("lua", table.concat(t, " "))'
sqlite3 db 'create table t(a, b); insert into t values(1, "x"), (2, "y"); select sum(a), max(b) from t;'
sqlite3 db 'begin; delete from t where a = 1; commit; select count(*) from t; pragma integrity_check;'
printf '#include <stdio.h>\nint main(int n, char **w) { printf("tcc %%d %%s\\n", n, w[1]); return 3; }\n' > a.c
tcc -o a a.c && ./a works; echo "status $?"
python3 -c 'import json, collections; print("python", json.dumps(collections.Counter("banana"), sort_keys=True))'
git init -q . && git config user.name n && git config user.email e && git add a.c numbers && git commit -qm first
git --no-pager log --format=%s; git clone -q . ../clone && ls -1 ../clone
printf 'all: b\nb: a.c\n\ttcc -o b a.c\n' > Makefile; make -s && make -q && ./b made; rm -r ../work/* && ls
exit 4
SCRIPT
