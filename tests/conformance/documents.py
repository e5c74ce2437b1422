"""What RFC 8259 accepts and rejects, as two tables of documents.

Each row is a name and the document's bytes. Our own collection, ordered by the
sections of the RFC. Add a row when a reader anywhere gets something wrong.
"""

MAX_DEPTH = 1024


def _text(rows):
  return [(name, document.encode("utf-8")) for name, document in rows]


def _strings(rows):
  """Rows whose bytes are the inside of a string."""
  return [(name, b'"' + inside + b'"') for name, inside in rows]


# Every one of these is JSON, alone and as an element of an array.
ACCEPT = _text([
    # Section 3: values.
    ("true", "true"), ("false", "false"), ("null", "null"),
    # Section 2: structure and white space.
    ("spaces before", "   1"), ("spaces after", "1   "), ("tab around", "\t1\t"),
    ("line feed around", "\n1\n"), ("carriage return around", "\r1\r"),
    ("all white space", " \t\n\r1 \t\n\r"), ("space in empty array", "[ ]"),
    ("space in empty object", "{ }"), ("space around comma", "[1 , 2]"),
    ("space around colon", '{"a" : 1}'), ("line per element", "[\n1,\n2\n]"),
    ("webhook separator", "[1,\r\n2]\r\n"),
    # Section 4: objects.
    ("empty object", "{}"), ("one member", '{"a":1}'), ("two members", '{"a":1,"b":2}'),
    ("empty key", '{"":0}'), ("duplicate key", '{"a":1,"a":2}'),
    ("duplicate key and value", '{"a":1,"a":1}'), ("key with escape", '{"\\u0061":1}'),
    ("key with NUL escape", '{"a\\u0000b":1}'), ("key with quote", '{"\\"":1}'),
    ("key with backslash", '{"\\\\":1}'), ("key with line feed escape", '{"\\n":1}'),
    ("key beyond ASCII", '{"ключ":1}'), ("key of spaces", '{"  ":1}'),
    ("key like a number", '{"1":1}'), ("key like a literal", '{"true":true}'),
    ("nested objects", '{"a":{"b":{"c":{}}}}'), ("object in array", "[{}]"),
    ("member of each type", '{"a":1,"b":"x","c":true,"d":null,"e":[],"f":{}}'),
    ("long key", '{"' + "k" * 70000 + '":1}'),
    ("many members", "{" + ",".join(f'"k{i}":{i}' for i in range(2000)) + "}"),
    # Section 5: arrays.
    ("empty array", "[]"), ("array of empty string", '[""]'), ("array of null", "[null]"),
    ("array of each type", '[1,"x",true,null,[],{}]'), ("nested arrays", "[[[[]]]]"),
    ("array of arrays", "[[],[],[]]"), ("many elements", "[" + ",".join(["1"] * 9000) + "]"),
    ("deep but allowed", "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)),
    ("deep objects", '{"a":' * 1000 + "1" + "}" * 1000),
    ("wide and deep", "[" + ",".join(["[" * 50 + "]" * 50] * 50) + "]"),
    # Section 6: numbers.
    ("zero", "0"), ("minus zero", "-0"), ("one digit", "7"), ("integer", "1234567890"),
    ("negative", "-1"), ("negative integer", "-1234567890"), ("fraction", "1.5"),
    ("zero with fraction", "0.5"), ("negative fraction", "-0.5"), ("zero fraction", "0.0"),
    ("minus zero fraction", "-0.0"), ("long fraction", "0." + "1" * 400),
    ("fraction ending in zeros", "1.500"), ("exponent", "1e5"), ("upper exponent", "1E5"),
    ("plus exponent", "1e+5"), ("upper plus exponent", "1E+5"), ("minus exponent", "1e-5"),
    ("upper minus exponent", "1E-5"), ("zero exponent", "0e0"), ("zero plus exponent", "0e+1"),
    ("exponent with leading zeros", "1e00005"), ("fraction and exponent", "1.5e3"),
    ("all parts", "-12.345E-67"), ("int32 maximum", "2147483647"),
    ("int64 maximum", "9223372036854775807"), ("int64 minimum", "-9223372036854775808"),
    ("beyond int64", "9223372036854775808"), ("beyond uint64", "18446744073709551616"),
    ("400 digits", "9" * 400), ("underflow", "1e-400"), ("overflow", "1e400"),
    ("tiny", "-" + "0." + "0" * 80 + "1"), ("double maximum", "1.7976931348623157e308"),
    ("subnormal", "4.9e-324"),
    # Section 7: strings.
    ("empty string", '""'), ("space string", '" "'), ("plain string", '"text"'),
    ("escaped quote", '"\\""'), ("escaped backslash", '"\\\\"'), ("escaped slash", '"\\/"'),
    ("plain slash", '"/"'), ("escape b", '"\\b"'), ("escape f", '"\\f"'), ("escape n", '"\\n"'),
    ("escape r", '"\\r"'), ("escape t", '"\\t"'), ("every short escape", '"\\"\\\\\\/\\b\\f\\n\\r\\t"'),
    ("escaped NUL", '"\\u0000"'), ("escaped control", '"\\u001f"'), ("escaped A", '"\\u0041"'),
    ("lower-case hex", '"\\u00e9\\uabcd"'), ("upper-case hex", '"\\u00E9\\uABCD"'),
    ("mixed-case hex", '"\\uaBcD"'), ("escaped pair", '"\\ud83d\\ude00"'),
    ("escaped pair upper case", '"\\uD83D\\uDE00"'), ("first pair", '"\\ud800\\udc00"'),
    ("last pair", '"\\udbff\\udfff"'), ("two pairs", '"\\ud834\\udd1e\\ud834\\udd1e"'),
    ("escaped noncharacter", '"\\uffff"'), ("escaped noncharacter FDD0", '"\\ufdd0"'),
    ("escaped BOM", '"\\ufeff"'), ("escaped backslash before u", '"\\\\u0000"'),
    ("escaped backslash at the end", '"a\\\\"'), ("two escaped backslashes", '"\\\\\\\\"'),
    ("lone high surrogate escape", '"\\ud800"'), ("lone low surrogate escape", '"\\udc00"'),
    ("swapped surrogate escapes", '"\\udc00\\ud800"'), ("high before text", '"\\ud800x"'),
    ("two high surrogate escapes", '"\\ud800\\ud800"'), ("high before escape", '"\\ud800\\n"'),
    ("DEL", '"\x7f"'), ("C1 control", '"\x80\x9f"'), ("no-break space", '"\xa0"'),
    ("two-byte characters", '"éüñ"'), ("three-byte characters", '"漢字"'),
    ("four-byte characters", '"🙂𝄞"'), ("line separator", '"\u2028"'),
    ("paragraph separator", '"\u2029"'), ("BOM in string", '"\ufeff"'),
    ("noncharacter U+FFFE", '"\ufffe"'), ("noncharacter U+FFFF", '"\uffff"'),
    ("noncharacter U+1FFFF", '"\U0001ffff"'), ("last character", '"\U0010ffff"'),
    ("last before the surrogates", '"\ud7ff"'), ("first after the surrogates", '"\ue000"'),
    ("first of two bytes", '"\x80"'), ("last of two bytes", '"\u07ff"'),
    ("first of three bytes", '"\u0800"'), ("first of four bytes", '"\U00010000"'),
    ("combining characters", '"e\u0301"'), ("right to left", '"\u05d0\u202e"'),
    ("apostrophe", '"it\'s"'), ("comment in string", '"/* */ // #"'),
    ("JSON in string", '"{\\"a\\":[1,2]}"'), ("brackets in string", '"[{]}"'),
    ("string of 64 bytes", '"' + "x" * 62 + '"'), ("string of 70,000 bytes", '"' + "x" * 70000 + '"'),
    ("quotes at block ends", '["' + "x" * 61 + '","' + "\\\\" * 31 + '"]'),
    ("long run of backslashes", '"' + "\\\\" * 5000 + '"'),
]) + _strings([  # Bytes that are no UTF-8 are read as U+FFFD inside strings.
    ("lone continuation 80", b"\x80"), ("lone continuation bf", b"\xbf"),
    ("continuation after text", b"ab\x80"), ("two continuations", b"\x80\xbf"),
    ("lead c2 alone", b"\xc2"), ("lead c2 before text", b"\xc2a"), ("lead e2 alone", b"\xe2"),
    ("lead e2 and one", b"\xe2\x82"), ("lead e2 before text", b"\xe2\x82a"), ("lead f0 alone", b"\xf0"),
    ("lead f0 and one", b"\xf0\x9f"), ("lead f0 and two", b"\xf0\x9f\x99"), ("lead f0 before text", b"\xf0\x9f\x99a"),
    ("overlong slash, two bytes", b"\xc0\xaf"), ("overlong NUL, two bytes", b"\xc0\x80"),
    ("overlong 7f, two bytes", b"\xc1\xbf"), ("overlong slash, three bytes", b"\xe0\x80\xaf"),
    ("overlong 7ff, three bytes", b"\xe0\x9f\xbf"), ("overlong slash, four bytes", b"\xf0\x80\x80\xaf"),
    ("overlong ffff, four bytes", b"\xf0\x8f\xbf\xbf"), ("surrogate d800", b"\xed\xa0\x80"),
    ("surrogate dbff", b"\xed\xaf\xbf"), ("surrogate dc00", b"\xed\xb0\x80"), ("surrogate dfff", b"\xed\xbf\xbf"),
    ("pair of surrogates", b"\xed\xa0\xbd\xed\xb8\x80"), ("beyond the last character", b"\xf4\x90\x80\x80"),
    ("lead f5", b"\xf5\x80\x80\x80"), ("five bytes", b"\xf8\x88\x80\x80\x80"), ("six bytes", b"\xfc\x84\x80\x80\x80\x80"),
    ("byte fe", b"\xfe"), ("byte ff", b"\xff"), ("Latin-1", b"caf\xe9"), ("Windows-1252", b"\x93quote\x94"),
    ("bad byte far away", b"x" * 200 + b"\xff"), ("bad byte at a block's end", b"x" * 62 + b"\xc3"),
    ("bad byte after an escape", b"\\n\xff"),
    ("cut character, then valid", b"\xe2\x82\xe2\x82\xac"),
]) + [
    ("bad byte in a key", b'{"\xff":1}'),
]

# None of these is JSON, neither alone nor as an element of an array.
REJECT = _text([
    # Section 3: values.
    ("word", "word"), ("True", "True"), ("FALSE", "FALSE"), ("Null", "Null"), ("nul", "nul"),
    ("tru", "tru"), ("fals", "fals"), ("nulll", "nulll"), ("truee", "truee"), ("falsey", "falsey"),
    ("true with digit", "true1"), ("null with quote", 'null"'), ("t", "t"), ("n", "n"), ("f", "f"),
    ("undefined", "undefined"), ("None", "None"), ("nil", "nil"), ("yes", "yes"),
    ("capital in literal", "trUe"), ("full-width literal", "ｔｒｕｅ"), ("literal in apostrophes", "'a'"),
    ("backtick string", "`a`"), ("only an apostrophe", "'"), ("star", "*"), ("question mark", "?"),
    ("ampersand", "&"), ("angle brackets", "<null>"), ("parentheses", "(1)"), ("semicolon", "1;"),
    ("XML", "<a/>"), ("equals", '{"a"=1}'), ("regular expression", "/a/"),
    # Comments are not JSON.
    ("block comment", "/* */1"), ("block comment after", "1/* */"), ("line comment", "1//x\n"),
    ("hash comment", "1#x\n"), ("comment in array", "[1/**/,2]"), ("comment in object", '{/**/"a":1}'),
    ("comment before colon", '{"a"/**/:1}'), ("open comment", "1/*"), ("lone slash", "1/"),
    # White space that is none.
    ("form feed", "\f1"), ("vertical tab", "\v1"), ("no-break space", "\u00a01"),
    ("em space", "\u20031"), ("line separator", "\u20281"), ("next line", "\u00851"),
    ("word joiner", "\u20601"), ("zero-width space", "\u200b1"), ("BOM inside", " \ufeff1"),
    ("NUL", "\0"), ("NUL before", "\x001"), ("NUL after", "1\0"), ("backspace", "\b1"), ("DEL", "\x7f1"),
    ("escaped white space", "\\n1"), ("escaped value", "\\u0031"), ("two values", "1 2"),
    ("two strings", '"a" "b"'), ("strings touching", '"a""b"'), ("two arrays", "[] []"),
    ("two objects", "{}{}"), ("value after object", "{}1"), ("value after array", "[]true"),
    # Section 4: objects.
    ("open object", "{"), ("object after key", '{"a"'), ("object after colon", '{"a":'),
    ("object after value", '{"a":1'), ("object after comma", '{"a":1,'), ("key only", '{"a"}'),
    ("no value", '{"a":}'), ("no key", "{:1}"), ("only a colon", "{:}"), ("only a comma", "{,}"),
    ("trailing comma in object", '{"a":1,}'), ("leading comma in object", '{,"a":1}'),
    ("two commas in object", '{"a":1,,"b":2}'), ("no comma in object", '{"a":1 "b":2}'),
    ("comma for colon", '{"a",1}'), ("two colons", '{"a"::1}'), ("three parts", '{"a":1:2}'),
    ("no colon", '{"a" 1}'), ("unquoted key", "{a:1}"), ("key in apostrophes", "{'a':1}"),
    ("number as key", "{1:1}"), ("null as key", "{null:1}"), ("array as key", "{[]:1}"),
    ("object as key", "{{}:1}"), ("value without key", "{1}"), ("object ends as array", '{"a":1]'),
    ("semicolon in object", '{"a":1;"b":2}'), ("two keys", '{"a":"b":"c"}'), ("arrow", '{"a"=>1}'),
    ("garbage in object", '{"a":1 x}'), ("key broken off", '{"a'), ("close brace twice", "{}}"),
    ("only a close brace", "}"), ("spread", "{...a}"), ("emoji as key", "{🙂:1}"),
    ("escape outside a key", '{\\"a":1}'), ("two values of a key", '{"a":1 2}'),
    # Section 5: arrays.
    ("open array", "["), ("array after value", "[1"), ("array after comma", "[1,"),
    ("trailing comma", "[1,]"), ("trailing comma with space", "[1, ]"), ("two trailing commas", "[1,,]"),
    ("leading comma", "[,1]"), ("only comma", "[,]"), ("two commas", "[1,,2]"),
    ("no comma", "[1 2]"), ("strings without comma", '["a" "b"]'), ("arrays without comma", "[[][]]"),
    ("colon in array", '["a":1]'), ("semicolon in array", "[1;2]"), ("array ends as object", "[1}"),
    ("close bracket twice", "[]]"), ("only a close bracket", "]"), ("open arrays", "[[["),
    ("inner array open", "[[1]"), ("close before open", "]["), ("parenthesis ends array", "[1)"),
    ("ellipsis", "[...]"), ("star element", "[*]"), ("newlines then end", "[1,\n1\n,1"),
    ("open string in array", '["a]'), ("array in apostrophes", "['a']"), ("crossed brackets", "[{]}"),
    ("crossed brackets with value", '{"a":[}]'),
    # Section 6: numbers.
    ("plus", "+1"), ("plus zero", "+0"), ("two signs", "--1"), ("minus plus", "-+1"),
    ("only minus", "-"), ("minus and space", "- 1"), ("minus and word", "-x"),
    ("leading zero", "01"), ("two zeros", "00"), ("negative leading zero", "-01"), ("minus two zeros", "-00"),
    ("leading zero fraction", "01.5"), ("leading point", ".5"), ("minus point", "-.5"), ("only point", "."),
    ("trailing point", "1."), ("minus zero point", "-0."), ("point exponent", "1.e5"),
    ("zero point exponent", "0.e1"), ("two points", "1.2.3"), ("points touching", "1..2"),
    ("exponent without digits", "1e"), ("upper exponent without digits", "1E"),
    ("exponent sign only", "1e+"), ("exponent minus only", "1e-"), ("zero exponent sign only", "0e+"),
    ("fraction exponent without digits", "1.5e"), ("exponent two signs", "1e+-5"),
    ("exponent fraction", "1e5.5"), ("two exponents", "1e5e5"), ("exponent two letters", "1eE5"),
    ("only exponent", "e5"), ("hexadecimal", "0x1F"), ("octal", "0o17"), ("binary", "0b1"),
    ("hex digits", "1F"), ("thousands comma point", "1,000.0.0"), ("underscore", "1_000"),
    ("space inside", "1 000"), ("suffix", "1L"), ("float suffix", "1.0f"), ("big suffix", "1n"),
    ("percent", "5%"), ("NaN", "NaN"), ("minus NaN", "-NaN"), ("nan", "nan"), ("Infinity", "Infinity"),
    ("minus Infinity", "-Infinity"), ("plus Infinity", "+Infinity"), ("Inf", "Inf"), ("inf", "inf"),
    ("full-width digit", "１"), ("Arabic digit", "٣"), ("full-width inside", "1１"),
    ("minus sign character", "−1"), ("expression", "1+2"), ("space before point", "1 .5"),
    ("space after point", "1. 5"), ("space in exponent", "1e 5"), ("number and word", "1a"),
    ("number and string", '1"a"'), ("minus string", '-"1"'), ("dollar", "$1"), ("dash", "1-"),
    # Section 7: strings.
    ("open string", '"a'), ("only a quote", '"'), ("open after escape", '"a\\"'), ("open after backslash", '"\\'),
    ("text after string", '"a"b'), ("text before string", 'a"b"'), ("escape x", '"\\x41"'),
    ("escape a", '"\\a"'), ("escape v", '"\\v"'), ("escape 0", '"\\0"'), ("escape e", '"\\e"'),
    ("escape apostrophe", '"\\\'"'), ("escape space", '"\\ "'), ("escape upper N", '"\\N"'),
    ("escape upper U", '"\\U0041"'), ("escape U eight digits", '"\\U0001F600"'), ("escape digit", '"\\1"'),
    ("escape line feed", '"a\\\nb"'), ("escape NUL", '"\\\0"'), ("escape beyond ASCII", '"\\é"'),
    ("escape emoji", '"\\🙂"'), ("u alone", '"\\u"'), ("u one digit", '"\\u0"'), ("u two digits", '"\\u00"'),
    ("u three digits", '"\\u004"'), ("u and space", '"\\u 041"'), ("u with g", '"\\u00g1"'),
    ("u with plus", '"\\u+041"'), ("u with minus", '"\\u-041"'), ("u with x", '"\\u0x41"'), ("u braces", '"\\u{41}"'),
    ("u cut by quote", '"\\u00"41"'), ("u full-width digits", '"\\u００４１"'),
    ("pair cut off", '"\\ud83d\\u"'), ("pair with short low", '"\\ud83d\\ude0"'),
    ("pair with bad low", '"\\ud83d\\uxxxx"'), ("bad escape after pair", '"\\ud83d\\ude00\\x"'),
    ("bad escape after backslashes", '"\\\\\\q"'), ("bad escape far away", '"' + "x" * 70 + '\\q"'),
    ("bad escape in key", '{"\\q":1}'), ("short u in key", '{"\\u00":1}'),
]) + _strings([
    (f"raw control character {byte:#04x}", b"a" + bytes([byte]) + b"b") for byte in range(0x20)
]) + _strings([
    ("bad byte in an escape", b"\\u00\xe9\x31"), ("bad byte after a backslash", b"\\\xe9"),
]) + [
    ("bad byte outside strings", b"\xff"),
    ("bad byte after the value", b"1\xff"), ("overlong outside strings", b"\xc0\xb1"),
    ("cut character at the end", b'"a"\xe2\x82'), ("string open at a bad byte", b'"a\xe2'),
]

# None of these is a body, whatever an array around them would make of it.
REJECT_BODIES = [
    ("nothing", b""), ("only white space", b" \t\r\n"), ("BOM", b"\xef\xbb\xbf"),
    ("two BOMs", b"\xef\xbb\xbf\xef\xbb\xbf[]"), ("half a BOM", b"\xef\xbb[]"),
    ("UTF-16 little-endian", "[]".encode("utf-16-le")), ("UTF-16 big-endian", "[]".encode("utf-16-be")),
    ("UTF-16 with mark", "[]".encode("utf-16")), ("UTF-32", "[]".encode("utf-32")),
    ("JSON lines", b"[]\n[]\n"), ("comma after the array", b"[],"), ("comma before the array", b",[]"),
    ("elements without array", b"1,2"), ("object lines", b'{"a":1}\n{"a":2}\n'),
    ("NUL after the array", b"[]\0"), ("text after the array", b"[]x"), ("array end after white space", b"[] ]"),
    ("record separator", b"\x1e[]\n"), ("HTML", b"<!DOCTYPE html><html></html>"), ("form", b"a=1&b=2"),
    ("one level too deep", b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)),
    ("100,000 open arrays", b"[" * 100_000), ("100,000 nested arrays", b"[" * 100_000 + b"]" * 100_000),
    ("100,000 open objects", b'{"a":' * 100_000), ("100,000 alternating", b'[{"a":' * 100_000),
    ("1,000,000 open arrays", b"[" * 1_000_000), ("1,000,000 close arrays", b"]" * 1_000_000),
    ("1,000,000 quotes", b'"' * 1_000_001), ("1,000,000 backslashes", b'["' + b"\\" * 1_000_000),
    ("1,000,000 commas", b"[" + b"," * 1_000_000), ("1,000,000 colons", b"{" + b":" * 1_000_000),
    ("open string of a megabyte", b'["' + b"x" * 1_000_000), ("a megabyte of zeros", b"\0" * 1_000_000),
    ("a megabyte of 0xff", b"\xff" * 1_000_000),
]

# What is no JSON, but several values one after the other: files that the command
# line takes, value by value, although the webhook refuses them as bodies. By the
# names of the tables above; the first are bodies, the others elements between
# the brackets of an array.
SEVERAL_AS_BODY = {"two arrays", "two objects", "value after array", "two BOMs", "JSON lines",
                   "comma after the array", "object lines"}
SEVERAL_AS_ELEMENT = {"close before open"}
