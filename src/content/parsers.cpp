#include "limier/content/parsers.h"

#include <set>

#include "content/app_traces.h"
#include "content/device_files.h"
#include "content/discord_parser.h"
#include "content/dpkg_parser.h"
#include "content/mail_parser.h"
#include "content/packed_parser.h"
#include "content/pst_parser.h"
#include "content/sqlite_parser.h"
#include "content/sqlite_texts_parser.h"
#include "content/twitter_parser.h"
#include "limier/content/packs.h"

namespace limier::content {

std::vector<std::unique_ptr<Parser>> make_parsers(std::span<const PackText> packs) {
  std::vector<Pack> parsed;
  for (const PackText& text : packs)
    if (auto pack = parse_pack(text)) parsed.push_back(std::move(*pack));
  std::set<std::string, std::less<>> read_by_packs;
  for (const Pack& pack : parsed) read_by_packs.insert(pack.app_ids.begin(), pack.app_ids.end());
  // What parsers read without a pack.
  read_by_packs.insert("com.atebits.Tweetie2");
  std::vector<std::unique_ptr<Parser>> parsers;
  parsers.push_back(std::make_unique<AppTracesParser>(read_by_packs));
  parsers.push_back(std::make_unique<DeviceFilesParser>(read_by_packs));
  parsers.push_back(std::make_unique<DiscordParser>());
  parsers.push_back(std::make_unique<DpkgParser>());
  parsers.push_back(std::make_unique<MailParser>());
  parsers.push_back(std::make_unique<PackedParser>());
  parsers.push_back(std::make_unique<PstParser>(PstParser::Part::kFolders));
  parsers.push_back(std::make_unique<PstParser>(PstParser::Part::kDeleted));
  parsers.push_back(std::make_unique<SqliteParser>(SqliteParser::Part::kDatabase, parsed, read_by_packs));
  parsers.push_back(
      std::make_unique<SqliteParser>(SqliteParser::Part::kLoose, std::move(parsed), std::move(read_by_packs)));
  parsers.push_back(std::make_unique<SqliteTextsParser>());
  parsers.push_back(std::make_unique<TwitterParser>());
  return parsers;
}

}  // namespace limier::content
