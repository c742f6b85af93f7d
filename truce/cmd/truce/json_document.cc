// SPDX-License-Identifier: Apache-2.0

#include "truce/cmd/truce/json_document.h"

#include <simdjson.h>

#include "truce/base/encoding.h"
#include "truce/base/unicode.h"

namespace truce::cmd {
namespace {

Result<Json> convert(const simdjson::dom::element& element, int depth) {
  using simdjson::dom::element_type;
  if (depth > Json::kDepthMax) return fail(ErrorCode::kLimit, "nested deeper than 16");
  switch (element.type()) {
    case element_type::NULL_VALUE: return Json();
    case element_type::BOOL: return Json(element.get_bool().value_unsafe());
    case element_type::INT64: return Json(element.get_int64().value_unsafe());
    case element_type::STRING: {
      TRUCE_TRY(std::string text, to_nfc(element.get_string().value_unsafe()));
      return Json(std::move(text));
    }
    case element_type::ARRAY: {
      Json out = Json::array();
      const simdjson::dom::array items =
          element.get_array().value_unsafe();  // named: a loop does not keep temporaries alive
      for (const auto& e : items) {
        TRUCE_TRY(Json value, convert(e, depth + 1));
        out.push_back(std::move(value));
      }
      return out;
    }
    case element_type::OBJECT: {
      Json out = Json::object();
      const simdjson::dom::object members = element.get_object().value_unsafe();
      for (const auto& [key, e] : members) {
        TRUCE_TRY(const std::string name, to_nfc(key));
        if (out.find(name) != nullptr) return fail(ErrorCode::kSyntax, "the key " + quoted(name) + " stands twice");
        TRUCE_TRY(Json value, convert(e, depth + 1));
        out.set(name, std::move(value));
      }
      return out;
    }
    default: return fail(ErrorCode::kSyntax, "a number that is not a whole number within 2^53");
  }
}

}  // namespace

Result<Json> parse_json_document(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const auto error = parser.parse(simdjson::padded_string(text)).get(root);
  if (error != simdjson::SUCCESS)
    return fail(ErrorCode::kSyntax, std::string("not JSON: ") + simdjson::error_message(error));
  return convert(root, 0);
}

}  // namespace truce::cmd
