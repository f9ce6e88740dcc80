/// The known name that `name` most likely meant, nil if none is near: at most a third of its
/// letters differ (edits, case ignored), ties to the first.
func nearest(_ name: String, in known: [String]) -> String? {
  let wanted = Array(name.lowercased().unicodeScalars.prefix(nearestNameMax))
  var best: (name: String, distance: Int)?
  for candidate in known {
    let letters = Array(candidate.lowercased().unicodeScalars)
    let distance = editDistance(wanted, letters)
    let allowed = max(1, max(wanted.count, letters.count) / 3)
    if distance <= allowed, distance < (best?.distance ?? .max) { best = (candidate, distance) }
  }
  return best?.name
}

/// Letters of a wrong name that are compared.
private let nearestNameMax = 80

/// Insertions, deletions, replacements, and swaps of two neighbours from `a` to `b` (optimal string
/// alignment). O(a x b).
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var distance = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        distance = min(distance, beforeLast[j - 1] + 1)
      }
      row.append(distance)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}
