/// The style sheet of every page. Colours are variables with a light and a dark value each, chosen
/// so that text has a contrast of at least 4.5 on the page and on panels (WCAG 2, 1.4.3); plots use
/// the same ones.
enum HTMLStyle {
  static let sheet: StaticString = """
    :root {
      color-scheme: light dark;
      --page: #ffffff; --panel: #f5f7f9; --rule: #d8dee4; --text: #1b1f24; --quiet: #57606a;
      --good: #176433; --bad: #b3261e; --doubtful: #855300;
      --candidate: #0b5cad; --baseline: #6b7077; --shade: rgb(27 31 36 / 0.2);
      --s1: #0b5cad; --s2: #b4470f; --s3: #17703c; --s4: #8a3a9e; --s5: #855300; --s6: #57606a;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --page: #12161b; --panel: #1a2027; --rule: #39424d; --text: #e6e9ee; --quiet: #a2acb8;
        --good: #6fd08c; --bad: #ff8f86; --doubtful: #f0b849;
        --candidate: #6cb2ff; --baseline: #a3a9b1; --shade: rgb(230 233 238 / 0.2);
        --s1: #6cb2ff; --s2: #ff9d66; --s3: #6fd08c; --s4: #d9a2ea; --s5: #f0b849; --s6: #a2acb8;
      }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
    body {
      margin: 0; background: var(--page); color: var(--text);
      font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
      overflow-wrap: anywhere;
    }
    main { max-width: 76rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
    h1 { font-size: 1.25rem; line-height: 1.3; margin: 0; }
    h2 { font-size: 1.1rem; margin: 2.25rem 0 0.5rem; }
    h3 { font-size: 0.95rem; margin: 1.25rem 0 0.25rem; }
    p, ul, dl { margin: 0.5rem 0; }
    ul { padding-left: 1.25rem; }
    p, li { max-width: 52rem; }
    code { font: 0.93em/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
    .quiet { color: var(--quiet); }
    .good { color: var(--good); }
    .bad { color: var(--bad); font-weight: 600; }
    .doubtful { color: var(--doubtful); }
    .note { color: var(--quiet); font-size: 0.87rem; }
    .verdict {
      background: var(--panel); border-left: 0.4rem solid var(--quiet); border-radius: 0.3rem;
      padding: 1rem 1.25rem;
    }
    .verdict.pass { border-color: var(--good); }
    .verdict.fail { border-color: var(--bad); }
    .verdict.open { border-color: var(--doubtful); }
    .verdict .label { letter-spacing: 0.03em; font-weight: 700; }
    .facts { display: flex; flex-wrap: wrap; gap: 0.1rem 1.25rem; margin: 0.6rem 0 0; padding: 0; }
    .facts div { display: flex; gap: 0.4rem; }
    .facts dt { color: var(--quiet); }
    .facts dd { margin: 0; }
    nav { margin: 0.9rem 0 0; font-size: 0.9rem; }
    nav ul { display: flex; flex-wrap: wrap; gap: 0.15rem 1rem; list-style: none; padding: 0; }
    a { color: var(--candidate); }
    .scroll {
      overflow-x: auto; margin: 0.5rem 0;
      background:
        linear-gradient(to right, var(--page) 40%, transparent) 0 0 / 2.5rem 100% no-repeat local,
        linear-gradient(to left, var(--page) 40%, transparent) 100% 0 / 2.5rem 100% no-repeat local,
        linear-gradient(to right, var(--shade), transparent) 0 0 / 0.9rem 100% no-repeat scroll,
        linear-gradient(to left, var(--shade), transparent) 100% 0 / 0.9rem 100% no-repeat scroll;
    }
    .scroll.end { direction: rtl; }
    .scroll.end > * { direction: ltr; }
    table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
    th, td {
      padding: 0.3rem 0.9rem 0.3rem 0; text-align: left; vertical-align: top;
      border-bottom: 1px solid var(--rule); overflow-wrap: normal; max-width: 28rem;
    }
    th { color: var(--quiet); font-weight: 500; white-space: nowrap; }
    td code { white-space: nowrap; }
    .n { text-align: right; white-space: nowrap; }
    details { border-top: 1px solid var(--rule); padding: 0.4rem 0; }
    details:last-of-type { border-bottom: 1px solid var(--rule); }
    summary { cursor: pointer; padding: 0.2rem 0; }
    .plots {
      display: grid; gap: 1.25rem 1.5rem; margin: 0.75rem 0;
      grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr));
    }
    figure { margin: 0; min-width: 0; }
    figure + figure { margin-top: 1.5rem; }
    .plots figure { margin: 0; }
    figcaption { font-size: 0.9rem; font-weight: 600; }
    figcaption .note { font-weight: 400; }
    .legend {
      display: flex; flex-wrap: wrap; gap: 0 1rem; list-style: none; margin: 0.15rem 0; padding: 0;
      font-size: 0.82rem; color: var(--quiet);
    }
    .legend svg { width: 1.4rem; height: 0.7rem; margin-right: 0.35rem; vertical-align: baseline; }
    svg.plot { display: block; width: 100%; height: auto; max-width: 30rem; }
    svg.strip { width: 7.5rem; height: 1rem; vertical-align: middle; }
    .plane { display: flex; min-width: 62rem; }
    .plane svg { flex: none; }
    svg.scale {
      position: sticky; left: 0; z-index: 1; width: 4.3636%; overflow: visible;
      background: var(--page);
    }
    svg.wide { width: 95.6364%; max-width: none; }
    svg text { fill: var(--quiet); font-size: 11px; font-family: inherit; }
    svg text.strong { fill: var(--text); }
    svg .e { text-anchor: end; }
    svg .m { text-anchor: middle; }
    .grid { stroke: var(--rule); stroke-width: 1; fill: none; }
    .line { fill: none; stroke-width: 1.75; stroke-linejoin: round; }
    .thin { fill: none; stroke-width: 1.25; stroke-dasharray: 4 3; }
    .area { opacity: 0.16; }
    .dots { fill: none; stroke-width: 2.5; stroke-linecap: round; opacity: 0.4; }
    .legend .dots { stroke-width: 4.5; opacity: 0.9; }
    .faint { stroke: var(--rule); stroke-width: 1; fill: none; }
    .hover { fill: var(--text); opacity: 0; }
    .hover:hover { opacity: 0.07; }
    .c-candidate { stroke: var(--candidate); } .f-candidate { fill: var(--candidate); }
    .c-baseline { stroke: var(--baseline); } .f-baseline { fill: var(--baseline); }
    .c-bad { stroke: var(--bad); } .f-bad { fill: var(--bad); }
    .c-good { stroke: var(--good); } .f-good { fill: var(--good); }
    .c-doubtful { stroke: var(--doubtful); } .f-doubtful { fill: var(--doubtful); }
    .c-quiet { stroke: var(--quiet); } .f-quiet { fill: var(--quiet); }
    .c-s1 { stroke: var(--s1); } .f-s1 { fill: var(--s1); }
    .c-s2 { stroke: var(--s2); } .f-s2 { fill: var(--s2); }
    .c-s3 { stroke: var(--s3); } .f-s3 { fill: var(--s3); }
    .c-s4 { stroke: var(--s4); } .f-s4 { fill: var(--s4); }
    .c-s5 { stroke: var(--s5); } .f-s5 { fill: var(--s5); }
    .c-s6 { stroke: var(--s6); } .f-s6 { fill: var(--s6); }
    @media (max-width: 30rem) {
      body { font-size: 14px; }
      .verdict { padding: 0.8rem 0.9rem; }
    }
    @media print { .scroll { overflow: visible; } details { break-inside: avoid; } }
    """
}
