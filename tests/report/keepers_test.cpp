#include "report/keepers.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace limier::report {
namespace {

TEST(Keepers, WhereUsersKeepThings) {
  for (const char* path :
       {"/Users/Ann/Desktop/a.txt", "/users/ANN/downloads/b.zip", "/home/Bob/c", "/root/d", "/DCIM/100APPLE/e.jpg",
        "/Documents and Settings/x/My Documents/f.doc", "/media/0/WhatsApp/Media/g.opus", "/data/media/0/DCIM/h.jpg",
        "/storage/emulated/0/Pictures/i.png", "/media/0/Android/media/com.whatsapp/WhatsApp/Media/j.jpg",
        "/private/var/mobile/Media/DCIM/k.heic", "/$Recycle.Bin/S-1-5/$R1.txt", "/.Trash-1000/files/l",
        "/home/Bob/.local/share/Trash/files/m", "/sdcard/Download/n.pdf", "/Pictures/o.png"})
    EXPECT_EQ(keeper_of(path), Keeper::kUser) << path;
}

TEST(Keepers, WhatComesWithTheSystem) {
  for (const char* path : {"/Windows/System32/a.dll", "/WINDOWS/b", "/Program Files (x86)/c/d.exe", "/usr/share/e",
                           "/lib64/f.so", "/System/Library/g", "/system/app/h.apk", "/vendor/i", "/data/app/j/base.apk",
                           "/pagefile.sys", "/var/log/k", "/Users/Default/NTUSER.DAT", "/private/var/db/l"})
    EXPECT_EQ(keeper_of(path), Keeper::kSystem) << path;
}

TEST(Keepers, NeitherOfThem) {
  for (const char* path : {"/a.txt",
                           "",
                           "/",
                           "relative/Desktop/x",
                           "/Users/desktop.ini",
                           "/Users/Ann/AppData/Local/x",
                           "/Users/Ann/NTUSER.DAT.LOG1",
                           "/Users/Ann/Library/x",
                           "/home/Bob/.cache/y",
                           "/home/Bob/Documents/.git/config",
                           "/media/0/Android/data/org.x/z",
                           "/data/media/0/.thumbnails/1.jpg",
                           "/data/data/org.x/databases/a.db",
                           "/private/var/mobile/Library/SMS/sms.db",
                           "/mobile/Media/PhotoData/x",
                           "/WindowsOld/x",
                           "/Window",
                           "/userdata/x",
                           "/$OrphanFiles/OrphanFile-7",
                           "/DCIM"})
    EXPECT_EQ(keeper_of(path), Keeper::kOther) << path;
}

// An earlier line that covers a later one would make that a line that does nothing.
TEST(Keepers, EveryLineOfTheTableDecidesSomething) {
  std::set<std::string> seen;
  for (const KeeperFolder& one : keeper_folders()) {
    ASSERT_TRUE(one.folder.starts_with('/') && !one.folder.ends_with('/')) << one.folder;
    EXPECT_TRUE(seen.insert(std::string(one.folder)).second) << one.folder;
    std::string path;
    for (const char c : one.folder) path += c == '*' ? "zz" : std::string(1, c);
    EXPECT_EQ(keeper_of(path + "/inside.bin"), one.keeper) << one.folder;
  }
}

}  // namespace
}  // namespace limier::report
