mount | sed 's/ on.*type/:/;s/ (.*//'; stat -f -c %t /; ls /
cd /home && echo kept > file && sync && cat file
exit 6
