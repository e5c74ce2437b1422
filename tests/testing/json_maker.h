// Random webhook bodies: what SendGrid posts and what JSON allows besides.

#pragma once

#include <string>
#include <string_view>

#include "tests/testing/random.h"

namespace segrid::testing {

// Makes bodies that are JSON arrays. Known keys come with values of all types,
// keys and texts with escapes, members twice, white space anywhere.
class JsonMaker {
 public:
  explicit JsonMaker(Random& random) : random_(random) {}

  // A body of up to `max_elements` elements; nearly all are objects. With
  // `wild`, also what readers may disagree on: surrogate escapes without
  // partner, bytes in texts that are no UTF-8, and numbers out of range.
  std::string Body(std::size_t max_elements, bool wild = false);

 private:
  void Event();
  // Keys that make an event become a Track.
  void Essentials();
  void Member(std::string_view key);
  void Field();
  void Value(int depth);
  void Composite(int depth);
  void List();
  void Object(std::string_view parent);
  void ArgumentObject();
  void String();
  void Key(std::string_view key);
  void Escape();
  void Number();
  void White();
  void Comma();

  Random& random_;
  std::string out_;
  bool wild_ = false;
};

}  // namespace segrid::testing
