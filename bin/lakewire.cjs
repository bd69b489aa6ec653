#!/usr/bin/env node
// libuv reads its pool's size when the pool is first used; every engine call takes one of its threads.
process.env.UV_THREADPOOL_SIZE ??= "64";
// The engine's allocator reads this when it is loaded. What it keeps mapped would count against limits.process_bytes for ever.
process.env.DUCKDB_JE_MALLOC_CONF ??= "retain:false";
void import("../dist/main.js").then(({ main }) => main(process.argv.slice(2)));
