/// The known name that `name` most likely meant, nil if none is near: at most a third of its
/// letters differ (Levenshtein distance, case ignored), ties to the first.
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

/// Insertions, deletions and replacements from `a` to `b`. O(a x b).
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var row = Array(0...b.count)
  for i in a.indices {
    var diagonal = row[0]
    row[0] = i + 1
    for j in b.indices {
      let replaced = diagonal + (a[i] == b[j] ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
    }
  }
  return row[b.count]
}
