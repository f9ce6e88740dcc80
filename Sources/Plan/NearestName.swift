import Model

/// The known name that `name` most likely meant, nil if none is near: at most a third of its
/// letters differ (edits, case ignored), ties to the first.
public func nearest(_ name: String, in known: [String]) -> String? {
  let wanted = Array(name.lowercased().unicodeScalars.prefix(nearestNameMax))
  var best: (name: String, distance: Int)?
  for candidate in known {
    let letters = Array(candidate.lowercased().unicodeScalars)
    let distance = EditDistance.between(wanted, letters)
    let allowed = max(1, max(wanted.count, letters.count) / 3)
    if distance <= allowed, distance < (best?.distance ?? .max) { best = (candidate, distance) }
  }
  return best?.name
}

/// Letters of a wrong name that are compared.
private let nearestNameMax = 80
