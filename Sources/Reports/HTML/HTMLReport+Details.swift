extension HTMLReportWriter {
  /// What a reader looks up: folded.
  func details(_ page: inout HTMLWriter) {
    page.section("details", "Details") { page in
      cells(&page)
      if !model.outcomes.isEmpty {
        page.fold("Outcomes of the requests", isOpen: true) {
          $0.table(
            "Outcomes of the requests", ["Profile", ">Requests", ">Succeeded", "Others"],
            model.outcomes.map {
              [.code($0.profile), .plain($0.total), .plain($0.succeeded), .plain($0.failures)]
            })
        }
      }
      measured(&page)
      if !model.logins.isEmpty {
        page.fold("Logins") {
          $0.list(model.logins)
          $0.paragraph(ReportModel.loginNote, style: "note")
        }
      }
      if !model.displays.isEmpty {
        page.fold("Tests of the distributions, for information") {
          $0.paragraph(ReportModel.displayNote)
          $0.list(model.displays)
        }
      }
      page.fold("Runs: \(model.runCounts)") {
        $0.table(
          "Runs", ["Role", "Run", "Commit", "Started"],
          model.runs.map {
            [.plain($0.role), .code($0.runID), .code($0.commit), .plain($0.startedAt)]
          })
      }
      page.fold("Environment, client, and how to read this") {
        $0.table(
          "Environment and client", ["Fact", "Value"],
          model.details.map { [.plain($0.label), HTMLCell(text: $0.text, isCode: $0.isCode)] })
        $0.list(ReportModel.legend)
      }
    }
  }

  private func cells(_ page: inout HTMLWriter) {
    guard !model.cells.isEmpty || !model.untested.isEmpty else { return }
    page.fold("Cells: \(model.cells.count) tested, \(model.untested.count) not") {
      $0.table("Cells", ["Cell"] + Self.hypothesisTitles, rows(model.cells, isCell: true))
      $0.table(
        "Cells that were not tested", ["Cell", "Metric", "Not tested because"],
        model.untested.map { [.code($0.cell), .code($0.metric), .plain($0.reason)] })
    }
  }

  private func measured(_ page: inout HTMLWriter) {
    if !model.measured.isEmpty {
      page.fold("What was measured", isOpen: true) {
        $0.table(
          "What was measured", ["Cell", ">Requests"] + ReportModel.measuredTitles.map { ">" + $0 },
          model.measured.map { row in
            [.code(row.cell), .plain(row.n)] + row.figures.map { .plain($0) }
          })
        $0.paragraph(ReportModel.measuredNote, style: "note")
      }
    }
    guard !model.turns.isEmpty else { return }
    page.fold("Conversations, turn by turn") {
      $0.table(
        "Conversations, turn by turn",
        ["Cell", ">Turn", ">Requests"] + ReportModel.turnTitles.map { ">" + $0 },
        model.turns.map { row in
          [.code(row.cell), .plain(row.turn), .plain(row.n)] + row.figures.map { .plain($0) }
        })
      $0.paragraph(ReportModel.measuredNote, style: "note")
    }
  }
}
