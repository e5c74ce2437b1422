// The inputs of the micro benches: webhook bodies and the same events typed.

#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace segrid::bench {

// A webhook body of the repository, by its path below tests/data. Aborts when
// the file is missing: a bench without its input must not look fast.
std::string ReadBody(const std::string& path);

// The elements of `body` that are objects, as a serialized TransformRequest;
// nullopt: the body is no JSON array.
std::optional<std::string> TypedRequestOf(const std::string& body);

// The same of a body that is one; aborts otherwise.
std::string TypedRequest(const std::string& body);

// `count` events like those of tests/data/bench, repeated as needed; each with
// `custom_args` custom arguments more.
std::string MakeBody(std::size_t count, std::size_t custom_args);

// How many events `body` has.
std::size_t CountEvents(const std::string& body);

}  // namespace segrid::bench
