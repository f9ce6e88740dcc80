public import Foundation
import Model

/// What a browser finds in a page that it shows.
public struct PageLook: Sendable {
  /// What is wrong; empty for a good page.
  public var problems: [String]
  /// Pieces of text whose contrast was measured.
  public var texts: Int
  /// Lines and discs of plots whose contrast was measured.
  public var shapes: Int
}

extension Browser {
  /// Opens a page and looks at it with every fold open: nothing reaches beyond its width but what
  /// scrolls by itself, text is at least 9 pixels high and has a contrast of at least 4.5, marks of
  /// plots one of 3 (WCAG 2, 1.4.3 and 1.4.11), and no message was logged.
  public func look(at page: URL, width: Int, scheme: String) throws -> PageLook {
    try open(page, width: width, scheme: scheme)
    let found = try evaluate(Browser.script)
    let problems = (found["problems"]?.arrayValue ?? []).compactMap(\.stringValue)
    return PageLook(
      problems: problems + messages, texts: found["texts"]?.intValue ?? 0,
      shapes: found["shapes"]?.intValue ?? 0)
  }

  /// Colours are those that the page computes: of a text, over the backgrounds of all that it
  /// stands in, and over every tinted area of its plot that it overlaps.
  private static let script = """
    (() => {
      const problems = [];
      for (const fold of document.querySelectorAll('details')) fold.open = true;
      const width = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth > width)
        problems.push(`the page is ${document.documentElement.scrollWidth} wide, not ${width}`);
      for (const element of document.body.querySelectorAll('*')) {
        if (element.parentElement.closest('.scroll, svg')) continue;
        const box = element.getBoundingClientRect();
        if (box.width > 0 && (box.right > width + 0.5 || box.left < -0.5))
          problems.push(`${element.tagName} from ${box.left} to ${box.right}`);
      }
      const start = element => element.textContent.slice(0, 60);
      const parse = text => {
        const parts = text.match(/^rgba?\\(([^)]*)\\)$/);
        if (!parts) return null;
        const [r, g, b, a] = parts[1].split(/[ ,/]+/).map(Number);
        return { r, g, b, a: a === undefined ? 1 : a };
      };
      const over = (top, below, share = 1) => {
        const a = top.a * share, mix = (x, y) => x * a + y * (1 - a);
        return { r: mix(top.r, below.r), g: mix(top.g, below.g), b: mix(top.b, below.b), a: 1 };
      };
      const luminance = colour => {
        const part = value => {
          const share = value / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        };
        return 0.2126 * part(colour.r) + 0.7152 * part(colour.g) + 0.0722 * part(colour.b);
      };
      const contrast = (a, b) => {
        const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
        return (high + 0.05) / (low + 0.05);
      };
      const background = element => {
        const layers = [];
        for (let at = element; at; at = at.parentElement) {
          const layer = parse(getComputedStyle(at).backgroundColor);
          if (layer && layer.a > 0) layers.push(layer);
        }
        return layers.reverse().reduce((below, top) => over(top, below),
          { r: 255, g: 255, b: 255, a: 1 });
      };
      const opacity = element => {
        let share = 1;
        for (let at = element; at; at = at.parentElement)
          share *= Number(getComputedStyle(at).opacity);
        return share;
      };
      const overlaps = (a, b) =>
        a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
      const measure = (element, colour, least, what) => {
        const below = [background(element)];
        const plot = element.closest('svg.plot');
        if (plot && least > 4)
          for (const area of plot.querySelectorAll('.area')) {
            if (!overlaps(area.getBoundingClientRect(), element.getBoundingClientRect())) continue;
            const style = getComputedStyle(area);
            below.push(over(parse(style.fill), below[0], Number(style.opacity)));
          }
        for (const ground of below) {
          const ratio = contrast(over(colour, ground, opacity(element)), ground);
          if (!(ratio >= least))
            problems.push(`contrast ${ratio.toFixed(2)} of ${what}: ${start(element)}`);
        }
      };
      let texts = 0, shapes = 0;
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || element.tagName === 'title') continue;
        const style = getComputedStyle(element);
        if (element.getBoundingClientRect().width === 0) {
          problems.push(`text that is not shown: ${start(element)}`);
          continue;
        }
        texts += 1;
        const scale = element.getScreenCTM ? element.getScreenCTM().a : 1;
        const size = parseFloat(style.fontSize) * Math.abs(scale || 1);
        if (size < 9) problems.push(`text of ${size.toFixed(1)} pixels: ${start(element)}`);
        measure(element, parse(element.closest('svg') ? style.fill : style.color), 4.5, 'text');
      }
      for (const shape of document.querySelectorAll('.line, .thin, circle')) {
        const style = getComputedStyle(shape);
        shapes += 1;
        measure(shape, parse(shape.tagName === 'circle' ? style.fill : style.stroke), 3, 'a mark');
      }
      return { problems: problems.slice(0, 40), texts, shapes };
    })()
    """
}
