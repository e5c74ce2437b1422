#include "core/config/yaml_tree.h"

#include <exception>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/config/file_text.h"
#include "core/config/text.h"
#include "yaml-cpp/eventhandler.h"
#include "yaml-cpp/exceptions.h"
#include "yaml-cpp/mark.h"
#include "yaml-cpp/parser.h"

namespace segrid::config {
namespace {

// Ends a parse whose problem is already noted.
struct StopParsing {};

// Builds the tree from the parser's events. The events, not the library's own
// tree: they come before aliases are expanded and with every key, also twice.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const FileText& text, Problems& problems)
      : text_(text), problems_(problems) {}

  Node TakeRoot() { return std::move(root_); }

  Position At(const YAML::Mark& mark) const {
    if (mark.is_null()) return {};
    return text_.At(static_cast<std::size_t>(mark.line),
                    static_cast<std::size_t>(mark.column));
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (!seen_document_) {
      seen_document_ = true;
      return;
    }
    problems_.Add(At(mark), "",
                  "a second document or text after the end of the first; keep "
                  "one document");
    throw StopParsing{};
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Attach(NewNode(Node::Kind::kNull, mark, "?", anchor));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    problems_.Add(At(mark), Path(), kNoAliases);
    Node node;
    node.kind = Node::Kind::kBroken;
    node.position = At(mark);
    Attach(std::move(node));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& value) override {
    Node node = NewNode(Node::Kind::kScalar, mark, tag, anchor);
    node.text = value;
    node.quoted = tag == "!";
    Attach(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Push(NewNode(Node::Kind::kList, mark, tag, anchor));
  }
  void OnSequenceEnd() override { Pop(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    Push(NewNode(Node::Kind::kMap, mark, tag, anchor));
  }
  void OnMapEnd() override { Pop(); }

  static constexpr std::string_view kNoAliases =
      "YAML anchors and aliases (&name, *name) are not supported; write the "
      "value out, or quote it";

 private:
  // A list or map that is not complete yet.
  struct Frame {
    Node node;
    bool has_key = false;  // Maps: `key` waits for its value.
    bool bad_key = false;  // Its value is dropped.
    Entry key;
    std::map<std::string, Position> keys;
  };

  // Where the next node goes, as in messages.
  std::string Path() const {
    std::string path;
    for (const Frame& frame : stack_) {
      if (frame.node.kind == Node::Kind::kList) {
        path += Concat({"[", std::to_string(frame.node.items.size()), "]"});
      } else if (frame.has_key && !frame.bad_key) {
        path += Concat({path.empty() ? "" : ".", ShownKey(frame.key.key)});
      }
    }
    return path;
  }

  Node NewNode(Node::Kind kind, const YAML::Mark& mark, const std::string& tag,
               YAML::anchor_t anchor) {
    Node node;
    node.kind = kind;
    node.position = At(mark);
    if (anchor != 0) problems_.Add(node.position, Path(), kNoAliases);
    const bool has_tag = !tag.empty() && tag != "?" && tag != "!";
    if (has_tag) {
      problems_.Add(node.position, Path(),
                    "YAML tags (!name) are not supported; quote the value");
    }
    if (anchor != 0 || has_tag) node.kind = Node::Kind::kBroken;
    return node;
  }

  void Push(Node node) {
    if (stack_.size() == kMaxDepth) {
      problems_.Add(node.position, "",
                    Concat({"nested deeper than ", std::to_string(kMaxDepth),
                            " levels; no key needs that"}));
      throw StopParsing{};
    }
    stack_.emplace_back();
    stack_.back().node = std::move(node);
  }

  void Pop() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    Attach(std::move(node));
  }

  void Attach(Node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    // A broken list or map still has its contents looked through.
    if (frame.node.kind == Node::Kind::kList) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.has_key) {
      TakeKey(frame, std::move(node));
    } else {
      TakeValue(frame, std::move(node));
    }
  }

  void TakeKey(Frame& frame, Node node) {
    frame.has_key = true;
    frame.bad_key = node.kind != Node::Kind::kScalar;
    frame.key.key = std::move(node.text);
    frame.key.position = node.position;
    if (frame.bad_key && node.kind != Node::Kind::kBroken) {
      problems_.Add(node.position, Path(), "a key must be a plain name");
    }
  }

  void TakeValue(Frame& frame, Node node) {
    if (!frame.bad_key) {
      const auto [first, is_new] =
          frame.keys.emplace(frame.key.key, frame.key.position);
      if (is_new) {
        // Where nothing stands has no useful position of its own.
        if (node.kind == Node::Kind::kNull) node.position = frame.key.position;
        frame.key.value = std::move(node);
        frame.node.entries.push_back(std::move(frame.key));
      } else {
        problems_.Add(
            frame.key.position, Path(),
            Concat({"is set twice, first in line ",
                    std::to_string(first->second.line), "; keep one"}));
      }
    }
    frame.has_key = false;
    frame.key = {};
  }

  const FileText& text_;
  Problems& problems_;
  std::vector<Frame> stack_;
  Node root_;
  bool seen_document_ = false;
};

// The library's messages are fixed texts, some followed by ": " and a piece of
// the file, which may be a piece of a secret.
std::string WithoutContent(const std::string& message) {
  return message.substr(0, message.find(": "));
}

void AddSyntaxProblem(const YAML::Exception& error, const TreeBuilder& builder,
                      Problems& problems) {
  const Position position = builder.At(error.mark);
  const std::string message = WithoutContent(error.msg);
  if (message.starts_with(YAML::ErrorMsg::UNKNOWN_ANCHOR)) {
    problems.Add(position, "", TreeBuilder::kNoAliases);
    return;
  }
  if (message == YAML::ErrorMsg::DOC_IN_SCALAR ||
      message == YAML::ErrorMsg::EOF_IN_SCALAR) {
    problems.Add(position, "",
                 "not valid YAML: a quoted text is still open here; close it "
                 "with the quote it began with");
    return;
  }
  problems.Add(position, "",
               Concat({"not valid YAML: ", message,
                       "; check indentation, quotes and brackets here and just "
                       "above"}));
}

}  // namespace

std::optional<Node> ParseYaml(std::string_view text, Problems& problems) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  const FileText file(text);
  if (!file.Check(problems)) return std::nullopt;
  TreeBuilder builder(file, problems);
  try {
    // The library takes the end of the file for the end of a quoted text; the
    // mark of a document's end inside of one is an error.
    std::istringstream stream(
        Concat({text, text.ends_with('\n') ? "" : "\n", "...\n"}));
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.TakeRoot();
  } catch (const StopParsing&) {
  } catch (const YAML::Exception& error) {
    AddSyntaxProblem(error, builder, problems);
  } catch (const std::exception&) {
    problems.Add({}, "", "not valid YAML; write it anew from the example");
  }
  return std::nullopt;
}

}  // namespace segrid::config
