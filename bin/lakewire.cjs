#!/usr/bin/env node
// libuv reads its pool's size when the pool is first used; every engine call takes one of its threads.
process.env.UV_THREADPOOL_SIZE ??= "64";
// The engine's allocator reads this when it is loaded. What it keeps mapped would count against limits.process_bytes for ever, and
// what it keeps for later is kept from everybody else: for a second, as a scan of a thousand files takes a twentieth longer when it is a tenth.
process.env.DUCKDB_JE_MALLOC_CONF ??= "retain:false,dirty_decay_ms:300,muzzy_decay_ms:0";
// The parser's WebAssembly is compiled once, by the compiler that makes it fast, and not again behind statements' backs: that takes a
// hundred megabytes for a moment, and the process does not survive it when the moment is one in which memory is short.
require("node:v8").setFlagsFromString("--no-liftoff");
void import("../dist/main.js").then(({ main }) => main(process.argv.slice(2)));
