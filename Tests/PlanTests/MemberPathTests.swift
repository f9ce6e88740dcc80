import Model
import Plan
import Testing

@Suite("Paths into a reply")
struct MemberPathTests {
  private let reply = JSONValue.object([
    JSONMember("access_token", .string("a")),
    JSONMember(
      "data",
      .object([
        JSONMember("tokens", .array([.object([JSONMember("a b", .string("c"))]), .integer(7)]))
      ])),
  ])

  @Test("A member's name is a path to it, and to nothing where it is not there")
  func member() {
    #expect(MemberPath(member: "access_token").value(in: reply) == .string("a"))
    #expect(MemberPath(member: "accessToken").value(in: reply) == nil)
    #expect(MemberPath(member: "access_token").value(in: .string("access_token")) == nil)
  }
}
