-- What one session does to another, or to itself. `self` is the pid of the session that asks.
-- txid_current() keeps the engine from computing a call of constants once, when it is prepared; a statement with it is planned anew each time.

CREATE MACRO pg_shim.pg_cancel_backend(pid_, self) AS session_signal('cancel', pid_::INTEGER, self::INTEGER, txid_current());
CREATE MACRO pg_shim.pg_terminate_backend(pid_, self) AS session_signal('terminate', pid_::INTEGER, self::INTEGER, txid_current())
, (pid_, timeout_, self) AS
  CASE WHEN timeout_ < 0 THEN error('PGERR:22003:"timeout" must not be negative')
  WHEN timeout_ IS NOT NULL THEN session_signal('terminate', pid_::INTEGER, self::INTEGER, txid_current()) END;

CREATE MACRO pg_shim.pg_notify(channel, payload, self) AS
  session_notify(coalesce(channel::VARCHAR, ''), coalesce(payload::VARCHAR, ''), self::INTEGER, txid_current());

CREATE MACRO pg_shim.set_config(name, value, is_local, self) AS
  session_set_config(name::VARCHAR, value::VARCHAR, is_local, self::INTEGER, txid_current());

CREATE MACRO pg_shim.pg_blocking_pids(pid_, self) AS session_blockers(pid_::INTEGER, self::INTEGER, txid_current());

CREATE MACRO pg_shim.pg_listening_channels(self) AS session_channels(self::INTEGER, txid_current());
CREATE MACRO pg_shim.pg_stat_reset(self) AS session_reset_statistics(self::INTEGER, txid_current());
CREATE MACRO pg_shim.pg_notification_queue_usage() AS 0::DOUBLE;

-- Of a table, since the server's start.
CREATE MACRO pg_shim._table_statistic(oid_, counter) AS session_table_statistic(oid_::UINTEGER, counter, txid_current());
CREATE MACRO pg_shim.pg_stat_get_numscans(oid_) AS pg_shim._table_statistic(oid_, 'seq_scan');
CREATE MACRO pg_shim.pg_stat_get_tuples_inserted(oid_) AS pg_shim._table_statistic(oid_, 'n_tup_ins');
CREATE MACRO pg_shim.pg_stat_get_tuples_updated(oid_) AS pg_shim._table_statistic(oid_, 'n_tup_upd');
CREATE MACRO pg_shim.pg_stat_get_tuples_deleted(oid_) AS pg_shim._table_statistic(oid_, 'n_tup_del');
CREATE MACRO pg_shim.pg_stat_get_vacuum_count(oid_) AS pg_shim._table_statistic(oid_, 'vacuum_count');
CREATE MACRO pg_shim.pg_stat_get_analyze_count(oid_) AS pg_shim._table_statistic(oid_, 'analyze_count');

CREATE MACRO pg_shim.inet_client_addr(self) AS session_address('client', self::INTEGER, txid_current());
CREATE MACRO pg_shim.inet_client_port(self) AS session_port('client', self::INTEGER, txid_current());
CREATE MACRO pg_shim.inet_server_addr(self) AS session_address('server', self::INTEGER, txid_current());
CREATE MACRO pg_shim.inet_server_port(self) AS session_port('server', self::INTEGER, txid_current());

-- Numbers of transactions: https://www.postgresql.org/docs/15/functions-info.html#FUNCTIONS-PG-SNAPSHOT
CREATE MACRO pg_shim.pg_current_xact_id(self) AS session_transaction(self::INTEGER, txid_current());
CREATE MACRO pg_shim.pg_current_xact_id_if_assigned(self) AS session_transaction_if_assigned(self::INTEGER, txid_current());
CREATE MACRO pg_shim.pg_current_snapshot(self) AS session_snapshot(self::INTEGER, txid_current());
CREATE MACRO pg_shim.pg_xact_status(id, self) AS session_transaction_outcome(id::UBIGINT, self::INTEGER, txid_current());
-- Not by its own name, which is one of the engine's.
CREATE MACRO pg_shim.own_txid(self) AS session_transaction(self::INTEGER, txid_current())::BIGINT;
CREATE MACRO pg_shim.txid_current_if_assigned(self) AS session_transaction_if_assigned(self::INTEGER, txid_current())::BIGINT;
CREATE MACRO pg_shim.txid_current_snapshot(self) AS session_snapshot(self::INTEGER, txid_current());
CREATE MACRO pg_shim.txid_status(id, self) AS
  CASE WHEN id IS NOT NULL THEN session_transaction_outcome(greatest(id, 0)::UBIGINT, self::INTEGER, txid_current()) END;

-- Advisory locks: https://www.postgresql.org/docs/15/functions-admin.html#FUNCTIONS-ADVISORY-LOCKS
CREATE MACRO pg_shim._key(k) AS k::BIGINT::VARCHAR
, (k1, k2) AS k1::INTEGER::VARCHAR || ' ' || k2::INTEGER::VARCHAR;
CREATE MACRO pg_shim._advisory(what, key, self) AS session_advisory(what, key, self::INTEGER, txid_current());
CREATE MACRO pg_shim._advisory_wait(what, key, self) AS CASE WHEN pg_shim._advisory(what, key, self) THEN '' END;

CREATE MACRO pg_shim.pg_advisory_lock(k, self) AS pg_shim._advisory_wait('wait session exclusive', pg_shim._key(k), self)
, (k1, k2, self) AS pg_shim._advisory_wait('wait session exclusive', pg_shim._key(k1, k2), self);
CREATE MACRO pg_shim.pg_advisory_lock_shared(k, self) AS pg_shim._advisory_wait('wait session shared', pg_shim._key(k), self)
, (k1, k2, self) AS pg_shim._advisory_wait('wait session shared', pg_shim._key(k1, k2), self);
CREATE MACRO pg_shim.pg_advisory_xact_lock(k, self) AS pg_shim._advisory_wait('wait transaction exclusive', pg_shim._key(k), self)
, (k1, k2, self) AS pg_shim._advisory_wait('wait transaction exclusive', pg_shim._key(k1, k2), self);
CREATE MACRO pg_shim.pg_advisory_xact_lock_shared(k, self) AS pg_shim._advisory_wait('wait transaction shared', pg_shim._key(k), self)
, (k1, k2, self) AS pg_shim._advisory_wait('wait transaction shared', pg_shim._key(k1, k2), self);
CREATE MACRO pg_shim.pg_try_advisory_lock(k, self) AS pg_shim._advisory('try session exclusive', pg_shim._key(k), self)
, (k1, k2, self) AS pg_shim._advisory('try session exclusive', pg_shim._key(k1, k2), self);
CREATE MACRO pg_shim.pg_try_advisory_lock_shared(k, self) AS pg_shim._advisory('try session shared', pg_shim._key(k), self)
, (k1, k2, self) AS pg_shim._advisory('try session shared', pg_shim._key(k1, k2), self);
CREATE MACRO pg_shim.pg_try_advisory_xact_lock(k, self) AS pg_shim._advisory('try transaction exclusive', pg_shim._key(k), self)
, (k1, k2, self) AS pg_shim._advisory('try transaction exclusive', pg_shim._key(k1, k2), self);
CREATE MACRO pg_shim.pg_try_advisory_xact_lock_shared(k, self) AS pg_shim._advisory('try transaction shared', pg_shim._key(k), self)
, (k1, k2, self) AS pg_shim._advisory('try transaction shared', pg_shim._key(k1, k2), self);
CREATE MACRO pg_shim.pg_advisory_unlock(k, self) AS pg_shim._advisory('unlock session exclusive', pg_shim._key(k), self)
, (k1, k2, self) AS pg_shim._advisory('unlock session exclusive', pg_shim._key(k1, k2), self);
CREATE MACRO pg_shim.pg_advisory_unlock_shared(k, self) AS pg_shim._advisory('unlock session shared', pg_shim._key(k), self)
, (k1, k2, self) AS pg_shim._advisory('unlock session shared', pg_shim._key(k1, k2), self);
CREATE MACRO pg_shim.pg_advisory_unlock_all(self) AS pg_shim._advisory_wait('unlock all', '', self);
