# Writes the text of IN as a C++ string into OUT, in pieces that every compiler takes.
file(READ ${IN} text)
string(LENGTH "${text}" length)
set(pieces "")
set(at 0)
while(at LESS length)
  string(SUBSTRING "${text}" ${at} 8000 piece)
  string(APPEND pieces "R\"page~(${piece})page~\"\n")
  math(EXPR at "${at} + 8000")
endwhile()
file(WRITE ${OUT} "#include \"server/status_page/page.h\"\n\nnamespace segrid::status_page {\n
const std::string_view kPage =\n${pieces};\n\n}  // namespace segrid::status_page\n")
