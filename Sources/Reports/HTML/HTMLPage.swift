/// The frame of a page: one self-contained file without scripts, which loads nothing.
enum HTMLPage {
  /// A page with what `body` writes in it, UTF-8. The policy in its head forbids scripts, images,
  /// frames and connections of any origin, so that even a defect of the writer would be inert.
  static func bytes(title: String, _ body: (inout HTMLWriter) -> Void) -> [UInt8] {
    var writer = HTMLWriter()
    writer.documentType()
    writer.block("html", [("lang", "en")]) { writer in
      writer.block("head") { writer in
        writer.leaf("meta", [("charset", "utf-8")])
        writer.leaf(
          "meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")])
        writer.leaf("meta", [("name", "color-scheme"), ("content", "light dark")])
        writer.leaf("meta", [("name", "referrer"), ("content", "no-referrer")])
        writer.leaf(
          "meta",
          [
            ("http-equiv", "Content-Security-Policy"),
            ("content", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"),
          ])
        writer.block("title", content: title)
        writer.style(HTMLStyle.sheet)
      }
      writer.block("body") { writer in
        writer.block("main") { body(&$0) }
      }
    }
    return writer.bytes
  }
}

extension HTMLWriter {
  /// A part of the page under a heading of the second level; `id` is what a link leads to.
  mutating func section(
    _ id: StaticString, _ heading: String, _ body: (inout HTMLWriter) -> Void
  ) {
    block("section", [("id", id.description)]) { writer in
      writer.block("h2", content: heading)
      body(&writer)
    }
  }

  /// One paragraph; nothing for an empty text.
  mutating func paragraph(_ text: String, style: String? = nil) {
    guard !text.isEmpty else { return }
    block("p", HTMLWriter.style(style), content: text)
  }

  /// A list; nothing for no items.
  mutating func list(_ items: [String], style: String? = nil) {
    guard !items.isEmpty else { return }
    block("ul", HTMLWriter.style(style)) { writer in
      for item in items { writer.block("li", content: item) }
    }
  }

  /// A fold with what `body` writes inside.
  mutating func fold(_ summary: String, isOpen: Bool = false, _ body: (inout HTMLWriter) -> Void) {
    let attributes: [HTMLAttribute] = isOpen ? [("open", "")] : []
    block("details", attributes) { writer in
      writer.block("summary", content: summary)
      body(&writer)
    }
  }
}
