#!/usr/bin/env node
// libuv reads its pool's size when the pool is first used; every engine call takes one of its threads.
process.env.UV_THREADPOOL_SIZE ??= "64";
void import("../dist/main.js").then(({ main }) => main(process.argv.slice(2)));
