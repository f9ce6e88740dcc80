extension PostgresDriver {
  /// Views for SQL users and dashboards: wall times as timestamptz, durations in seconds.
  static let views = [
    """
    CREATE VIEW runs_v AS SELECT key, run_id, project, commit_id, tested_commit, branch,
      environment, to_timestamp(started_at / 1e9) AS started_at,
      to_timestamp(stored_at / 1e9) AS stored_at, usable = 1 AS usable, unusable_reason,
      finished = 1 AS finished, verdict, version FROM run
    """,
    """
    CREATE VIEW cells_v AS SELECT r.run_id, r.project, r.branch, r.environment, r.commit_id,
      to_timestamp(r.started_at / 1e9) AS started_at, c.profile, c.scenario, c.region, c.metric,
      exp(c.log_value) AS seconds, c.n FROM cell c JOIN run r ON r.key = c.run
      WHERE c.log_value < 'Infinity'
    """,
    """
    CREATE VIEW figures_v AS SELECT r.run_id, r.project, r.branch, r.environment, r.commit_id,
      to_timestamp(r.started_at / 1e9) AS started_at, f.profile, f.scenario, f.region, f.name,
      f.value, f.n FROM figure f JOIN run r ON r.key = f.run
    """,
    """
    CREATE VIEW samples_v AS SELECT r.run_id, s.profile, s.scenario, s.region, s.stage, s.seq,
      s.warmup = 1 AS warmup, to_timestamp((r.started_at + s.intended_ns) / 1e9) AS about,
      s.intended_ns / 1e9 AS intended_s, (s.sent_ns - s.intended_ns) / 1e9 AS schedule_lag_s,
      s.first_token_ns / 1e9 AS ttft_s, s.last_token_ns / 1e9 AS duration_s, s.outcome,
      s.usage_output_tokens, s.content_events, s.gap_max_ns / 1e9 AS gap_max_s, s.http_status
      FROM sample s JOIN run r ON r.key = s.run
    """,
  ]

  /// The views of whole runs with the mark of version 2 behind their columns, where a replaced view
  /// may grow.
  static let explorationViews = [
    """
    CREATE OR REPLACE VIEW runs_v AS SELECT key, run_id, project, commit_id, tested_commit, branch,
      environment, to_timestamp(started_at / 1e9) AS started_at,
      to_timestamp(stored_at / 1e9) AS stored_at, usable = 1 AS usable, unusable_reason,
      finished = 1 AS finished, verdict, version, exploration FROM run
    """,
    """
    CREATE OR REPLACE VIEW cells_v AS SELECT r.run_id, r.project, r.branch, r.environment,
      r.commit_id, to_timestamp(r.started_at / 1e9) AS started_at, c.profile, c.scenario, c.region,
      c.metric, exp(c.log_value) AS seconds, c.n, r.exploration
      FROM cell c JOIN run r ON r.key = c.run WHERE c.log_value < 'Infinity'
    """,
    """
    CREATE OR REPLACE VIEW figures_v AS SELECT r.run_id, r.project, r.branch, r.environment,
      r.commit_id, to_timestamp(r.started_at / 1e9) AS started_at, f.profile, f.scenario, f.region,
      f.name, f.value, f.n, r.exploration FROM figure f JOIN run r ON r.key = f.run
    """,
  ]
}
