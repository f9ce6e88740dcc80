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

  /// The views of version 4: whether a run serves beside its cells and figures, behind the columns
  /// that were there; and rates, objectives, looks and waivers.
  static let trendViews = [
    """
    CREATE OR REPLACE VIEW cells_v AS SELECT r.run_id, r.project, r.branch, r.environment,
      r.commit_id, to_timestamp(r.started_at / 1e9) AS started_at, c.profile, c.scenario, c.region,
      c.metric, exp(c.log_value) AS seconds, c.n, r.exploration,
      r.usable = 1 AND r.finished = 1 AS usable, r.verdict
      FROM cell c JOIN run r ON r.key = c.run WHERE c.log_value < 'Infinity'
    """,
    """
    CREATE OR REPLACE VIEW figures_v AS SELECT r.run_id, r.project, r.branch, r.environment,
      r.commit_id, to_timestamp(r.started_at / 1e9) AS started_at, f.profile, f.scenario, f.region,
      f.name, f.value, f.n, r.exploration, r.usable = 1 AND r.finished = 1 AS usable, r.verdict
      FROM figure f JOIN run r ON r.key = f.run
    """,
    """
    CREATE VIEW rates_v AS SELECT r.run_id, r.project, r.branch, r.environment, r.commit_id,
      to_timestamp(r.started_at / 1e9) AS started_at, t.profile, t.metric, t.k, t.n,
      CASE WHEN t.n > 0 THEN CAST(t.k AS DOUBLE PRECISION) / t.n END AS share, r.exploration,
      r.usable = 1 AND r.finished = 1 AS usable, r.verdict
      FROM rate t JOIN run r ON r.key = t.run
    """,
    """
    CREATE VIEW objectives_v AS SELECT r.run_id, r.project, r.branch, r.environment, r.commit_id,
      to_timestamp(r.started_at / 1e9) AS started_at, o.objective, o.value, o.n, r.exploration,
      r.usable = 1 AND r.finished = 1 AS usable, r.verdict
      FROM objective o JOIN run r ON r.key = o.run
    """,
    """
    CREATE VIEW looks_v AS SELECT l.project, l.environment, l.commit_id, r.branch, r.run_id,
      l.series, l.look, l.verdict, l.restart_reason,
      to_timestamp(l.judged_at / 1e9) AS judged_at FROM look l JOIN run r ON r.key = l.run
    """,
    """
    CREATE VIEW waivers_v AS SELECT project, environment, id, metric, profile, scenario, reason,
      accepted_by, to_timestamp(accepted_at / 1e9) AS accepted_at,
      to_timestamp(expires_at / 1e9) AS expires_at FROM waiver
    """,
  ]
}
