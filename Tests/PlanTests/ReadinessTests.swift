import Model
import Plan
import Testing

@Suite("Which build answers")
struct ReadinessTests {
  @Test(
    "The build is the whole reply, or a member of a JSON one",
    arguments: [
      ("v1.2.3\n", nil, "v1.2.3"), (" \n", nil, nil), ("", nil, nil),
      (#"{"commit":"abc"}"#, "commit", "abc"),
      (#"{"build":{"number":17}}"#, "build.number", "17"),
      (#"{"build":{"number":17}}"#, "build", nil),
      (#"{"commit":null}"#, "commit", nil), (#"{"commit":"abc"}"#, "version", nil),
      ("<html>", "commit", nil), (#"{"commit":"a\u0007b"}"#, "commit", "a b"),
    ] as [(String, String?, String?)])
  func build(reply: String, member: String?, expected: String?) throws {
    let path = try member.map { try JSONPath(parsing: "$." + $0) }
    let identity = IdentityPlan(path: "/version", member: path)
    #expect(identity.build(in: Array(reply.utf8)) == expected)
  }

  @Test(
    "A build is the expected one by its text, and a commit by its first seven digits",
    arguments: [
      ("v1", "v1", true), ("v1", "V1", false), ("v1", "v10", false),
      ("abc1234", "abc1234def5678", true), ("ABC1234DEF", "abc1234", true),
      ("abc123", "abc1234def5678", false), ("abc1235", "abc1234def5678", false),
      ("release", "release-2", false),
    ] as [(String, String, Bool)])
  func isSame(build: String, expected: String, isSame: Bool) {
    #expect(IdentityPlan.isSame(build, expected) == isSame)
  }
}
