/**
 * Run-time parameters that PostgreSQL's clients and tools set as a matter of course and on which nothing here depends:
 * checked, kept and shown as PostgreSQL does, so that a client's own settings survive its own reading them back.
 */
import { booleanWords, declarations, int4Max, type Parameter } from "./declare.ts";

const inert = { isInert: true } as const;
const locale = declarations("Client Connection Defaults / Locale and Formatting", inert);
const preload = declarations("Client Connection Defaults / Shared Library Preloading", {
  isInert: true,
  context: "postmaster",
});
const behavior = declarations("Client Connection Defaults / Statement Behavior", inert);
const genetic = declarations("Query Tuning / Genetic Query Optimizer", inert);
const tuning = declarations("Query Tuning / Other Planner Options", inert);
const costs = declarations("Query Tuning / Planner Cost Constants", inert);
const methods = declarations("Query Tuning / Planner Method Configuration", inert);
const workers = declarations("Resource Usage / Asynchronous Behavior", inert);
const memory = declarations("Resource Usage / Memory", inert);
const clients = declarations(
  "Version and Platform Compatibility / Other Platforms and Clients",
  inert,
);
const compatibility = declarations(
  "Version and Platform Compatibility / Previous PostgreSQL Versions",
  inert,
);
const wal = declarations("Write-Ahead Log / Settings", inert);

const kilobytes = [64, int4Max, "kB"] as const;
const pages = [1, int4Max, "8kB"] as const;
const cost = [0, Number.MAX_VALUE] as const;
const onlyC = { only: ["C"] } as const;

export const inertParameters: readonly Parameter[] = [
  locale.text(
    "default_text_search_config",
    "pg_catalog.english",
    "Sets default text search configuration.",
    { only: ["pg_catalog.english", "pg_catalog.simple"] },
  ),
  locale.text("lc_messages", "C", "Sets the language in which messages are displayed.", {
    ...onlyC,
    context: "superuser",
  }),
  locale.text("lc_monetary", "C", "Sets the locale for formatting monetary amounts.", onlyC),
  locale.text("lc_numeric", "C", "Sets the locale for formatting numbers.", onlyC),
  locale.text("lc_time", "C", "Sets the locale for formatting date and time values.", onlyC),
  locale.text("timezone_abbreviations", "Default", "Selects a file of time zone abbreviations.", {
    only: ["Default"],
  }),
  preload.text("shared_preload_libraries", "", "Lists shared libraries to preload into server."),

  behavior.bool(
    "check_function_bodies",
    "on",
    "Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE.",
  ),
  behavior.text(
    "default_table_access_method",
    "heap",
    "Sets the default table access method for new tables.",
  ),
  behavior.text(
    "default_tablespace",
    "",
    "Sets the default tablespace to create tables and indexes in.",
  ),
  behavior.choice(
    "default_toast_compression",
    "pglz",
    ["pglz", "lz4"],
    "Sets the default compression method for compressible values.",
  ),
  behavior.text(
    "temp_tablespaces",
    "",
    "Sets the tablespace(s) to use for temporary tables and sort files.",
    { list: "names", only: [""] },
  ),
  behavior.choice(
    "xmlbinary",
    "base64",
    ["base64", "hex"],
    "Sets how binary values are to be encoded in XML.",
  ),
  behavior.choice(
    "xmloption",
    "content",
    ["content", "document"],
    "Sets whether XML data in implicit parsing and serialization operations is to be considered as documents or content fragments.",
  ),

  genetic.integer(
    "geqo_effort",
    5,
    [1, 10],
    "GEQO: effort is used to set the default for other GEQO parameters.",
  ),
  genetic.integer(
    "geqo_generations",
    0,
    [0, int4Max],
    "GEQO: number of iterations of the algorithm.",
  ),
  genetic.integer(
    "geqo_pool_size",
    0,
    [0, int4Max],
    "GEQO: number of individuals in the population.",
  ),
  genetic.real("geqo_seed", 0, [0, 1], "GEQO: seed for random path selection."),
  genetic.real(
    "geqo_selection_bias",
    2,
    [1.5, 2],
    "GEQO: selective pressure within the population.",
  ),
  genetic.integer(
    "geqo_threshold",
    12,
    [2, int4Max],
    "Sets the threshold of FROM items beyond which GEQO is used.",
  ),
  genetic.bool("geqo", "on", "Enables genetic query optimization."),
  tuning.real(
    "recursive_worktable_factor",
    10,
    [0.001, 1000000],
    "Sets the planner's estimate of the average size of a recursive query's working table.",
  ),
  tuning.choice(
    "constraint_exclusion",
    "partition",
    ["partition", "on", "off"],
    "Enables the planner to use constraints to optimize queries.",
    { hidden: booleanWords },
  ),
  tuning.real(
    "cursor_tuple_fraction",
    0.1,
    [0, 1],
    "Sets the planner's estimate of the fraction of a cursor's rows that will be retrieved.",
  ),
  tuning.integer(
    "default_statistics_target",
    100,
    [1, 10000],
    "Sets the default statistics target.",
  ),
  tuning.integer(
    "from_collapse_limit",
    8,
    [1, int4Max],
    "Sets the FROM-list size beyond which subqueries are not collapsed.",
  ),
  tuning.bool("jit", "off", "Allow JIT compilation."),
  tuning.integer(
    "join_collapse_limit",
    8,
    [1, int4Max],
    "Sets the FROM-list size beyond which JOIN constructs are not flattened.",
  ),
  tuning.choice(
    "plan_cache_mode",
    "auto",
    ["auto", "force_generic_plan", "force_custom_plan"],
    "Controls the planner's selection of custom or generic plan.",
  ),
  costs.real(
    "cpu_index_tuple_cost",
    0.005,
    cost,
    "Sets the planner's estimate of the cost of processing each index entry during an index scan.",
  ),
  costs.real(
    "cpu_operator_cost",
    0.0025,
    cost,
    "Sets the planner's estimate of the cost of processing each operator or function call.",
  ),
  costs.real(
    "cpu_tuple_cost",
    0.01,
    cost,
    "Sets the planner's estimate of the cost of processing each tuple (row).",
  ),
  costs.real(
    "jit_above_cost",
    100000,
    [-1, Number.MAX_VALUE],
    "Perform JIT compilation if query is more expensive.",
  ),
  costs.real(
    "jit_inline_above_cost",
    500000,
    [-1, Number.MAX_VALUE],
    "Perform JIT inlining if query is more expensive.",
  ),
  costs.real(
    "jit_optimize_above_cost",
    500000,
    [-1, Number.MAX_VALUE],
    "Optimize JIT-compiled functions if query is more expensive.",
  ),
  costs.integer(
    "min_parallel_index_scan_size",
    64,
    [0, 715827882, "8kB"],
    "Sets the minimum amount of index data for a parallel scan.",
  ),
  costs.integer(
    "min_parallel_table_scan_size",
    1024,
    [0, 715827882, "8kB"],
    "Sets the minimum amount of table data for a parallel scan.",
  ),
  costs.real(
    "parallel_setup_cost",
    1000,
    cost,
    "Sets the planner's estimate of the cost of starting up worker processes for parallel query.",
  ),
  costs.real(
    "parallel_tuple_cost",
    0.1,
    cost,
    "Sets the planner's estimate of the cost of passing each tuple (row) from worker to leader backend.",
  ),
  costs.integer(
    "effective_cache_size",
    524288,
    pages,
    "Sets the planner's assumption about the total size of the data caches.",
  ),
  costs.real(
    "random_page_cost",
    4,
    cost,
    "Sets the planner's estimate of the cost of a nonsequentially fetched disk page.",
  ),
  costs.real(
    "seq_page_cost",
    1,
    cost,
    "Sets the planner's estimate of the cost of a sequentially fetched disk page.",
  ),

  methods.bool("enable_async_append", "on", "Enables the planner's use of async append plans."),
  methods.bool("enable_gathermerge", "on", "Enables the planner's use of gather merge plans."),
  methods.bool(
    "enable_incremental_sort",
    "on",
    "Enables the planner's use of incremental sort steps.",
  ),
  methods.bool("enable_memoize", "on", "Enables the planner's use of memoization."),
  methods.bool(
    "enable_parallel_append",
    "on",
    "Enables the planner's use of parallel append plans.",
  ),
  methods.bool("enable_parallel_hash", "on", "Enables the planner's use of parallel hash plans."),
  methods.bool(
    "enable_partition_pruning",
    "on",
    "Enables plan-time and execution-time partition pruning.",
  ),
  methods.bool(
    "enable_partitionwise_aggregate",
    "off",
    "Enables partitionwise aggregation and grouping.",
  ),
  methods.bool("enable_partitionwise_join", "off", "Enables partitionwise join."),
  methods.bool("enable_tidscan", "on", "Enables the planner's use of TID scan plans."),
  methods.bool("enable_bitmapscan", "on", "Enables the planner's use of bitmap-scan plans."),
  methods.bool("enable_hashagg", "on", "Enables the planner's use of hashed aggregation plans."),
  methods.bool("enable_hashjoin", "on", "Enables the planner's use of hash join plans."),
  methods.bool("enable_indexonlyscan", "on", "Enables the planner's use of index-only-scan plans."),
  methods.bool("enable_indexscan", "on", "Enables the planner's use of index-scan plans."),
  methods.bool("enable_material", "on", "Enables the planner's use of materialization."),
  methods.bool("enable_mergejoin", "on", "Enables the planner's use of merge join plans."),
  methods.bool("enable_nestloop", "on", "Enables the planner's use of nested-loop join plans."),
  methods.bool("enable_seqscan", "on", "Enables the planner's use of sequential-scan plans."),
  methods.bool("enable_sort", "on", "Enables the planner's use of explicit sort steps."),

  workers.integer(
    "max_parallel_workers",
    8,
    [0, 1024],
    "Sets the maximum number of parallel workers that can be active at one time.",
  ),
  workers.integer(
    "max_parallel_workers_per_gather",
    2,
    [0, 1024],
    "Sets the maximum number of parallel processes per executor node.",
  ),
  memory.integer(
    "maintenance_work_mem",
    65536,
    [1024, int4Max, "kB"],
    "Sets the maximum memory to be used for maintenance operations.",
  ),
  memory.integer(
    "temp_buffers",
    1024,
    [100, 1_073_741_823, "8kB"],
    "Sets the maximum number of temporary buffers used by each session.",
  ),
  memory.integer(
    "work_mem",
    4096,
    kilobytes,
    "Sets the maximum memory to be used for query workspaces.",
  ),

  clients.bool("transform_null_equals", "off", 'Treats "expr=NULL" as "expr IS NULL".', {
    only: ["off"],
  }),
  compatibility.choice(
    "backslash_quote",
    "safe_encoding",
    ["safe_encoding", "on", "off"],
    'Sets whether "\\\'" is allowed in string literals.',
    { hidden: booleanWords },
  ),
  compatibility.bool(
    "escape_string_warning",
    "on",
    "Warn about backslash escapes in ordinary string literals.",
  ),
  compatibility.bool(
    "quote_all_identifiers",
    "off",
    "When generating SQL fragments, quote all identifiers.",
  ),
  compatibility.bool("synchronize_seqscans", "on", "Enable synchronized sequential scans."),
  wal.choice(
    "synchronous_commit",
    "on",
    ["local", "remote_write", "remote_apply", "on", "off"],
    "Sets the current transaction's synchronization level.",
    { hidden: booleanWords },
  ),
];
