/* SPDX-License-Identifier: Apache-2.0 */
/* Wrong policies and what is said about them; see test_load_errors.c. */

static const struct row syntax[] = {
	{ "[]",
	  "1:1: a policy must be an object such as {'version': 1}, not an "
	  "empty array" },
	{ "1",
	  "1:1: a policy is an object such as {'version': 1}" },
	{ "",
	  "1:1: the policy is empty; the smallest one is {'version': 1}" },
	{ "{'a' 1}",
	  "1:6: `:` expected near `1`" },
	{ "{'version': 1,}",
	  "1:15: no comma may stand before '}'" },
	{ "{'files': [1,\n ]}",
	  "2:2: no comma may stand before ']'" },
	{ "{'version': 1, // comment",
	  "1:16: JSON has no comments" },
	{ "# comment\n{}",
	  "1:1: JSON has no comments" },
	{ "{`version`: 1}",
	  "1:2: strings stand in double quotes" },
	{ "{'version': 1,\n 'mode': 'enforce',\n 'version': 1}",
	  "3:2: the key stands here twice, first at line 1" },
	{ "{'files': [{'path': '/a', 'hide': true, 'path': '/b'}]}",
	  "1:41: the key stands here twice, first at line 1" },
	{ "{'log': {'to': 'none'}, 'files': [], 'log': {}}",
	  "1:38: the key stands here twice, first at line 1" },
	{ "{'version': 1\n",
	  "1:14: `}` expected near end of file" },
	{ "{} {}",
	  "1:4: end of file expected near `{`" },
	{ "{'version': 99999999999999999999}",
	  "1:13: the number is out of range; large ones are written as a "
	  "string such as '0xffffffff00000000'" },
	{ "{'mode': 'x\\u0000'}",
	  "1:10: strings cannot contain NUL (\\u0000)" },
	{ "{'a': tru}",
	  "1:7: invalid token near `tru`" },
};

static const struct row exec[] = {
	{ "{'exec': {}}",
	  "1:10: 'exec' must be an array of rules, not an empty object" },
	{ "{'exec': ['/usr/bin/git']}",
	  "1:11: item 0 must be an object such as {'path': '/usr/bin/git', "
	  "'allow': true}, not '/usr/bin/git'" },
	{ "{'exec': [{'allow': true}]}",
	  "1:11: the rule has no 'path'" },
	{ "{'exec': [{'path': '/a'}]}",
	  "1:11: the rule says nothing about its path: add 'allow': true or 'deny': true" },
	{ "{'exec': [{'path': '/a', 'sha256': ''}]}",
	  "1:11: the rule says nothing about its path: add 'allow': true or 'deny': true" },
	{ "{'exec': [{'path': 'a', 'allow': true}]}",
	  "1:20: 'path' is a relative path, 'a'; write an absolute one, such as '/a'" },
	{ "{'exec': [{'path': '/a', 'alow': true}]}",
	  "1:26: unknown key 'alow' (did you mean 'allow'?)" },
	{ "{'exec': [{'path': '/a', 'allow': 'exec'}]}",
	  "1:35: 'allow' must be true, or 'loader' for what may be the loader of other "
	  "programs only, not 'exec'" },
	{ "{'exec': [{'path': '/a', 'allow': 'loader', 'sha256': '00'}]}",
	  "1:45: 'sha256' goes with 'allow': true only: of a loader no bytes are verified" },
	{ "{'exec': [{'path': '/a', 'allow': true, 'deny': true}]}",
	  "1:41: 'deny' beside 'allow': a rule does one thing" },
	{ "{'exec': [{'path': '/a', 'deny': 'EPREM'}]}",
	  "1:34: unknown errno 'EPREM' (did you mean 'EPERM'?)" },
	{ "{'exec': [{'path': '/a', 'deny': true, 'sha256': '00'}]}",
	  "1:40: 'sha256' goes with 'allow' only: other bytes would not be denied" },
	{ "{'exec': [{'path': '/a', 'allow': true, 'sha256': '00'}]}",
	  "1:51: 'sha256' must be the 64 hexadecimal digits that sha256sum(1) prints, "
	  "not '00'" },
	{ "{'exec': [{'path': '/a', 'allow': true},\n {'path': '/a/', 'deny': true}]}",
	  "2:11: '/a' has a rule already, at line 1" },
};

static const struct row top[] = {
	{ "{'version': 2}",
	  "1:13: version 2 is not known; this gosup reads version 1" },
	{ "{'version': '1'}",
	  "1:13: 'version' must be the number 1, not '1'" },
	{ "{'version': 1.0}",
	  "1:13: 'version' must be the number 1, not 1, which is no integer" },
	{ "{'version': 2, 'new': 1}",
	  "1:13: version 2 is not known; this gosup reads version 1" },
	{ "{'vresion': 1}",
	  "1:2: unknown key 'vresion' (did you mean 'version'?)" },
	{ "{'netwrk': 1}",
	  "1:2: unknown key 'netwrk' (did you mean 'network'?)" },
	{ "{'mode': 'enforce', 'log': {'\\u00e9\\u00e9': 1,\n 'x': 1}}",
	  "1:29: unknown key 'éé'; the keys here are to, events" },
	{ "{'log': {'to': 'é', 'é': 1}}",
	  "1:16: 'to' must be 'stderr', 'journal' or 'none', not 'é'" },
	{ "{'log': {'events': ['log'], 'ééé': 1}, 'network': 1}",
	  "1:40: 'network' is not supported yet" },
	{ "{'version': 1,\n 'network': {}}",
	  "2:2: 'network' is not supported yet" },
	{ "{'machine': {}}",
	  "1:2: 'machine' is not supported yet" },
	{ "{'clock': {}}",
	  "1:2: 'clock' is not supported yet" },
	{ "{'$schema': 1}",
	  "1:13: '$schema' must be a string, the schema`s address, not 1" },
	{ "{'default': 'alow'}",
	  "1:13: 'default' must be 'allow' or 'deny', not 'alow' (did you "
	  "mean 'allow'?)" },
	{ "{'default': 1}",
	  "1:13: 'default' must be 'allow' or 'deny', not 1" },
	{ "{'mode': 'enforced'}",
	  "1:10: 'mode' must be 'enforce' or 'observe', not 'enforced' (did "
	  "you mean 'enforce'?)" },
	{ "{'degrade': 1}",
	  "1:13: 'degrade' must be true or false, not 1" },
	{ "{'include': '@base'}",
	  "1:13: 'include' must be an array such as ['base.json', '@dns'], "
	  "not '@base'" },
	{ "{'include': ['@base',\n '@bse']}",
	  "2:2: there is nothing built in as '@bse' (did you mean '@base'?)" },
	{ "{'include': ['']}",
	  "1:14: item 0 must be a string such as 'base.json', not ''" },
	{ "{'include': [1]}",
	  "1:14: item 0 must be a string such as 'base.json', not 1" },
	{ "{'include': ['nope.json']}",
	  "1:14: only built-in fragments such as '@base' can be included "
	  "here" },
};

static const struct row files[] = {
	{ "{'files': {}}",
	  "1:11: 'files' must be an array of rules, not an empty object" },
	{ "{'files': [3]}",
	  "1:12: item 0 must be an object such as {'path': '/usr', 'allow': "
	  "'read exec'}, not 3" },
	{ "{'files': [{}]}",
	  "1:12: the rule has no 'path'" },
	{ "{'files': [{'path': '/a'}]}",
	  "1:12: the rule says nothing about its path: add one of allow, "
	  "deny, content, from, map, hide" },
	{ "{'files': [{'allow': 'read'}]}",
	  "1:12: the rule has no 'path'" },
	{ "{'files': [{'path': '/a', 'allow': 'read', 'deny': true}]}",
	  "1:44: 'deny' beside 'allow': a rule does one thing" },
	{ "{'files': [{'path': '/a', 'alow': 'read'}]}",
	  "1:27: unknown key 'alow' (did you mean 'allow'?)" },
	{ "{'files': [{'path': '/a', 'sha256': 'x'}]}",
	  "1:27: unknown key 'sha256'; the keys here are path, allow, deny, "
	  "content, from, map, hide, mode" },
	{ "{'files': [{'path': '/a', 'allow': 'reed'}]}",
	  "1:36: unknown right 'reed' (did you mean 'read'?); the rights "
	  "are read, write and exec" },
	{ "{'files': [{'path': '/a', 'allow': 'read,write'}]}",
	  "1:36: unknown right 'read,write'; the rights are read, write and "
	  "exec" },
	{ "{'files': [{'path': '/a', 'allow': 'read read'}]}",
	  "1:36: 'read' stands twice in 'allow'" },
	{ "{'files': [{'path': '/a', 'allow': ''}]}",
	  "1:36: 'allow' names no right; to allow nothing, use 'deny': true" },
	{ "{'files': [{'path': '/a', 'allow': true}]}",
	  "1:36: 'allow' must be some of 'read write exec' in a string, not "
	  "true" },
	{ "{'files': [{'path': 1, 'hide': true}]}",
	  "1:21: 'path' must be a string such as '/srv/data', not 1" },
	{ "{'files': [{'path': '', 'hide': true}]}",
	  "1:21: 'path' must be a string such as '/srv/data', not ''" },
	{ "{'files': [{'path': 'a/b', 'hide': true}]}",
	  "1:21: 'path' is a relative path, 'a/b'; write an absolute one, "
	  "such as '/a/b'" },
	{ "{'files': [{'path': './a/b', 'hide': true}]}",
	  "1:21: 'path' is a relative path, './a/b'; write an absolute one, "
	  "such as '/a/b'" },
	{ "{'files': [{'path': '../..', 'hide': true}]}",
	  "1:21: 'path' is a relative path, '../..'; write an absolute one, "
	  "such as '/srv/data'" },
	{ "{'files': [{'path': '~/b', 'hide': true}]}",
	  "1:21: 'path': '~' is not expanded; write an absolute path, such "
	  "as '/home/user'" },
	{ "{'files': [{'path': '*', 'hide': true}]}",
	  "1:21: 'path' is a relative path, '*'; write an absolute one, "
	  "such as '/*'" },
	{ "{'files': [{'path': '/a/b*', 'hide': true}]}",
	  "1:21: 'path': '*' stands for one whole component, as in "
	  "'/home/*/.ssh'; '/a/b*' is not possible" },
	{ "{'files': [{'path': '/**/a', 'hide': true}]}",
	  "1:21: 'path': '*' stands for one whole component, as in "
	  "'/home/*/.ssh'; '/**/a' is not possible" },
	{ "{'files': [{'path': '/a/*', 'map': '/b'}]}",
	  "1:21: 'path': '*' is not possible here, this must be one path" },
	{ "{'files': [{'path': '/a', 'map': '/a/'}]}",
	  "1:34: 'map' names the rule`s own path" },
	{ "{'files': [{'path': '/a', 'map': 'b'}]}",
	  "1:34: 'map' is a relative path, 'b'; write an absolute one, such "
	  "as '/b'" },
	{ "{'files': [{'path': '/a', 'from': '/b/*'}]}",
	  "1:35: 'from': '*' is not possible here, this must be one path" },
	{ "{'files': [{'path': '/a', 'from': true}]}",
	  "1:35: 'from' must be a string such as '/srv/data', not true" },
	{ "{'files': [{'path': '/', 'content': 'x'}]}",
	  "1:26: the root directory cannot be a file: 'content' needs "
	  "another path" },
	{ "{'files': [{'path': '/a', 'content': 1}]}",
	  "1:38: 'content' must be a string, the file`s bytes, not 1" },
	{ "{'files': [{'path': '/a', 'content': 'x', 'mode': 644}]}",
	  "1:51: 'mode' must be four octal digits such as '0644', not 644" },
	{ "{'files': [{'path': '/a', 'content': 'x', 'mode': '644'}]}",
	  "1:51: 'mode' must be four octal digits such as '0644', not '644'" },
	{ "{'files': [{'path': '/a', 'content': 'x', 'mode': '1644'}]}",
	  "1:51: 'mode' must be four octal digits such as '0644', not "
	  "'1644'" },
	{ "{'files': [{'path': '/a', 'content': 'x', 'mode': '0684'}]}",
	  "1:51: 'mode' must be four octal digits such as '0644', not "
	  "'0684'" },
	{ "{'files': [{'path': '/a', 'deny': true, 'mode': '0644'}]}",
	  "1:41: 'mode' goes with 'content' only, not with 'deny'" },
	{ "{'files': [{'path': '/a', 'deny': 'EACCESS'}]}",
	  "1:35: unknown errno 'EACCESS' (did you mean 'EACCES'?)" },
	{ "{'files': [{'path': '/a', 'deny': 'nope'}]}",
	  "1:35: unknown errno 'nope'" },
	{ "{'files': [{'path': '/a', 'deny': 13}]}",
	  "1:35: 'deny' must be the name of an errno such as 'EACCES', or "
	  "true, not 13" },
	{ "{'files': [{'path': '/a', 'deny': 5000}]}",
	  "1:35: 'deny' must be the name of an errno such as 'EACCES', or "
	  "true, not 5000" },
	{ "{'files': [{'path': '/a', 'deny': false}]}",
	  "1:35: 'deny' must be the name of an errno such as 'EACCES', or "
	  "true, not false" },
	{ "{'files': [{'path': '/a', 'hide': false}]}",
	  "1:35: 'hide' must be true, or left out, not false" },
	{ "{'files': [{'path': '/a', 'hide': 1}]}",
	  "1:35: 'hide' must be true, or left out, not 1" },
	{ "{'files': [\n {'path': '/a', 'deny': true},\n {'path': '/b', 'deny': true},\n {'path': '/b/.././a/', 'hide': true}]}",
	  "4:11: '/a' has a rule already, at line 2" },
	{ "{'files': [\n\t{'path': '/]},', 'content': '[{\\'\\\\'},\n\t{'path':\n\t'x', 'hide': true}]}",
	  "4:2: 'path' is a relative path, 'x'; write an absolute one, such "
	  "as '/x'" },
};

static const struct row syscalls[] = {
	{ "{'syscalls': []}",
	  "1:14: 'syscalls' must be an object such as {'ptrace': {'deny': "
	  "'EPERM'}}, not an empty array" },
	{ "{'syscalls': {'opnat': {'deny': 'EPERM'}}}",
	  "1:15: unknown system call 'opnat' (did you mean 'openat'?)" },
	{ "{'syscalls': {'frobnicate': {'deny': 'EPERM'}}}",
	  "1:15: unknown system call 'frobnicate'" },
	{ "{'syscalls': {'socket': []}}",
	  "1:25: no rule for socket: leave it out, or write one such as "
	  "{'deny': 'EPERM'}" },
	{ "{'syscalls': {'socket': 'EPERM'}}",
	  "1:25: 'socket' must be an object such as {'deny': 'EPERM'}, or "
	  "an array of them, not 'EPERM'" },
	{ "{'syscalls': {'socket': {}}}",
	  "1:25: the rule says nothing about the call: add one of deny, "
	  "return, kill, log, allow" },
	{ "{'syscalls': {'socket': {'deny': 'EPERM', 'kill': true}}}",
	  "1:43: 'kill' beside 'deny': a rule does one thing" },
	{ "{'syscalls': {'socket': {'deyn': 'EPERM'}}}",
	  "1:26: unknown key 'deyn' (did you mean 'deny'?)" },
	{ "{'syscalls': {'socket': [{'deny': 'EPERM'},\n {'when': {'arg0': 1}}]}}",
	  "2:2: the rule says nothing about the call: add one of deny, "
	  "return, kill, log, allow" },
	{ "{'syscalls': {'socket': {'deny': 1}}}",
	  "1:34: 'deny' must be the name of an errno such as 'EPERM', or "
	  "true, not 1" },
	{ "{'syscalls': {'socket': {'kill': false}}}",
	  "1:34: 'kill' must be true, or left out, not false" },
	{ "{'syscalls': {'getpid': {'return': -1}}}",
	  "1:36: 'return' is a result, 0 or above; for an error use 'deny' "
	  "with its name, such as 'EPERM'" },
	{ "{'syscalls': {'getpid': {'return': '1'}}}",
	  "1:36: 'return' must be an integer, not '1'" },
	{ "{'syscalls': {'getpid': {'return': 1, 'when': {'arg0': 1}}}}",
	  "1:48: getpid has no argument 0" },
	{ "{'syscalls': {'openat': {'deny': 'EPERM', 'when': {'arg1': 3}}}}",
	  "1:52: argument 1 of openat points to a path, which the program "
	  "can change after the check; use rules of 'files'" },
	{ "{'syscalls': {'connect': {'deny': 'EPERM', 'when': {'arg1': 3}}}}",
	  "1:53: argument 1 of connect points to an address, which the "
	  "program can change after the check; only arguments that are "
	  "numbers can be judged" },
	{ "{'syscalls': {'write': {'deny': 'EPERM', 'when': {'arg1': 3}}}}",
	  "1:51: argument 1 of write points to memory, which the program "
	  "can change after the check; only arguments that are numbers can "
	  "be judged" },
};

static const struct row conditions[] = {
	{ "[]",
	  "2:1: 'when' must be an object such as {'arg0': 'AF_PACKET'}, not "
	  "an empty array" },
	{ "{}",
	  "2:1: 'when' must be an object such as {'arg0': 'AF_PACKET'}, not "
	  "an empty object" },
	{ "{'arg6': 1}",
	  "2:2: unknown key 'arg6' (did you mean 'arg0'?)" },
	{ "{'fd': 1}",
	  "2:2: unknown key 'fd'; the keys here are arg0, arg1, arg2, arg3, "
	  "arg4, arg5" },
	{ "{'arg3': 1}",
	  "2:2: socket has no argument 3" },
	{ "{'arg0': 'AF_PACKETT'}",
	  "2:10: unknown constant 'AF_PACKETT' (did you mean 'AF_PACKET'?); "
	  "a number does as well" },
	{ "{'arg0': 'nonsense'}",
	  "2:10: unknown constant 'nonsense'; a number does as well" },
	{ "{'arg0': 'AF_INET|'}",
	  "2:10: 'AF_INET|': there is nothing before or after '|'" },
	{ "{'arg0': '|AF_INET'}",
	  "2:10: '|AF_INET': there is nothing before or after '|'" },
	{ "{'arg0': 'AF_INET | | 3'}",
	  "2:10: 'AF_INET | | 3': there is nothing before or after '|'" },
	{ "{'arg0': ''}",
	  "2:10: 'arg0' must be a number, or constants such as "
	  "'O_CREAT|O_EXCL', not ''" },
	{ "{'arg0': 1.5}",
	  "2:10: 'arg0' must be a number, or constants such as "
	  "'O_CREAT|O_EXCL', not 1.5, which is no integer" },
	{ "{'arg0': null}",
	  "2:10: 'arg0' must be a number, or constants such as "
	  "'O_CREAT|O_EXCL', not null" },
	{ "{'arg0': [1]}",
	  "2:10: 'arg0' must be a number, or constants such as "
	  "'O_CREAT|O_EXCL', not an array" },
	{ "{'arg0': 4294967296}",
	  "2:10: argument 0 of socket has 32 bits and never this value" },
	{ "{'arg0': -2147483649}",
	  "2:10: argument 0 of socket has 32 bits and never this value" },
	{ "{'arg0': '0x1ffffffffffffffff'}",
	  "2:10: '0x1ffffffffffffffff' does not fit into 64 bits" },
	{ "{'arg0': '12x'}",
	  "2:10: '12x' is not a number: write 16, '0x10' or '020'" },
	{ "{'arg0': '-1'}",
	  "2:10: unknown constant '-1'; a number does as well" },
	{ "{'arg0': {}}",
	  "2:10: no condition: add one of eq, ne, lt, le, gt, ge, or mask "
	  "with eq" },
	{ "{'arg0': {'eg': 1}}",
	  "2:11: unknown key 'eg' (did you mean 'eq'?)" },
	{ "{'arg0': {'eq': 'x y'}}",
	  "2:17: unknown constant 'x y'; a number does as well" },
	{ "{'arg0': {'ge': 1,\n 'lt': 4294967296}}",
	  "3:8: argument 0 of socket has 32 bits and never this value" },
	{ "{'arg0': {'lt': -1}}",
	  "2:17: 'lt' compares unsigned numbers; a negative one goes with "
	  "'eq' or 'ne'" },
	{ "{'arg0': {'mask': 3}}",
	  "2:11: 'mask' goes with 'eq' and nothing else: {'mask': "
	  "'CLONE_NEWUSER', 'eq': 'CLONE_NEWUSER'}" },
	{ "{'arg0': {'mask': 3, 'ne': 1}}",
	  "2:11: 'mask' goes with 'eq' and nothing else: {'mask': "
	  "'CLONE_NEWUSER', 'eq': 'CLONE_NEWUSER'}" },
	{ "{'arg0': {'mask': 3, 'eq': 1, 'lt': 3}}",
	  "2:11: 'mask' goes with 'eq' and nothing else: {'mask': "
	  "'CLONE_NEWUSER', 'eq': 'CLONE_NEWUSER'}" },
	{ "{'arg0': {'mask': 3, 'eq': 4}}",
	  "2:28: 'eq' has bits outside 'mask', so the condition never holds" },
	{ "{'arg0': {'mask': 0, 'eq': 0}}",
	  "2:19: a mask of 0 selects no bits" },
};

static const struct row signals_section[] = {
	{ "{'signals': {'send': 'all'}}",
	  "1:22: 'send' must be 'any' or 'tree', not 'all'" },
	{ "{'signals': {'send': ['tree']}}",
	  "1:22: 'send' must be 'any' or 'tree', not an array" },
	{ "{'signals': []}",
	  "1:13: 'signals' must be an object such as {'SIGHUP': 'ignore'}, not "
	  "an empty array" },
	{ "{'signals': {'SIGTREM': 'ignore'}}",
	  "1:14: no signal is called 'SIGTREM' (did you mean 'SIGTERM'?)" },
	{ "{'signals': {'SIGKILL': 'ignore'}}",
	  "1:14: SIGKILL is not gosup`s to pass on" },
	{ "{'signals': {'SIGHUP': 'ignroe'}}",
	  "1:24: 'SIGHUP' must be 'forward' or 'ignore', not 'ignroe' (did you "
	  "mean 'ignore'?)" },
	{ "{'signals': {'SIGHUP': true}}",
	  "1:24: 'SIGHUP' must be 'forward', 'ignore', or an object such as "
	  "{'as': 'SIGINT', 'grace': '30s'}, not true" },
	{ "{'signals': {'SIGHUP': {'as': 'SIGIN'}}}",
	  "1:31: no signal is called 'SIGIN' (did you mean 'SIGINT'?)" },
	{ "{'signals': {'SIGHUP': {'gracee': '1s'}}}",
	  "1:25: unknown key 'gracee' (did you mean 'grace'?)" },
	{ "{'signals': {'SIGHUP': {'grace': '30'}}}",
	  "1:34: 'grace' must be a time such as '500ms', '30s' or '2m', a day at "
	  "most, not '30'" },
	{ "{'signals': {'SIGHUP': {'then': ['SIGKILL']}}}",
	  "1:25: 'then' goes with 'grace', the time that the program has before "
	  "each" },
};

static const struct row log_section[] = {
	{ "{'log': []}",
	  "1:9: 'log' must be an object such as {'to': 'stderr'}, not an "
	  "empty array" },
	{ "{'log': {'too': 'none'}}",
	  "1:10: unknown key 'too' (did you mean 'to'?)" },
	{ "{'log': {'to': 'stdout'}}",
	  "1:16: 'to' must be 'stderr', 'journal' or 'none', not 'stdout'" },
	{ "{'log': {'to': 'journald'}}",
	  "1:16: 'to' must be 'stderr', 'journal' or 'none', not 'journald' "
	  "(did you mean 'journal'?)" },
	{ "{'log': {'to': '/var/log/x'}}",
	  "1:16: a file is written as {'file': '/var/log/x'}" },
	{ "{'log': {'to': 3}}",
	  "1:16: 'to' must be 'stderr', 'journal', 'none' or {'file': "
	  "'...'}, not 3" },
	{ "{'log': {'to': {'path': 'x'}}}",
	  "1:17: unknown key 'path'; the keys here are file" },
	{ "{'log': {'to': {}}}",
	  "1:16: 'to' names no file; write {'file': '/var/log/app.log'}" },
	{ "{'log': {'to': {'file': ''}}}",
	  "1:25: 'file' must be a string such as '/var/log/app.log', not ''" },
	{ "{'log': {'events': ['denny']}}",
	  "1:21: item 0 must be 'deny', 'redirect', 'allow', 'log', 'exec' "
	  "or 'signal', not 'denny' (did you mean 'deny'?)" },
	{ "{'log': {'events': [1]}}",
	  "1:21: item 0 must be 'deny', 'redirect', 'allow', 'log', 'exec' "
	  "or 'signal', not 1" },
	{ "{'log': {'events': 'al'}}",
	  "1:20: 'events' must be 'all' or an array of deny, redirect, "
	  "allow, log, exec, signal, not 'al'" },
};
