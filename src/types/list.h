// Every type, declared once: number (stable, it stands in indexes), mime type, name, usual extensions, strength and
// group. The mime types are those of IANA or of common desktop databases, and x- names where there is none.
#pragma once

#include <cstdint>

// clang-format off
#define LIMIER_FILE_TYPES(X) \
  X(1, kEmpty, "inode/x-empty", "Empty", "", false, kOther) \
  X(2, kUnknown, "application/octet-stream", "Data of no known type", "", false, kOther) \
  X(100, kJpeg, "image/jpeg", "JPEG picture", "jpg jpeg jpe jfif jps mpo thm", true, kPictures) \
  X(101, kPng, "image/png", "PNG picture", "png apng", true, kPictures) \
  X(102, kGif, "image/gif", "GIF picture", "gif", true, kPictures) \
  X(103, kBmp, "image/bmp", "BMP picture", "bmp dib", true, kPictures) \
  X(104, kTiff, "image/tiff", "TIFF picture", "tif tiff nef arw dng cr2 srw pef sr2 gpr fff iiq 3fr erf mos kdc dcr nrw", true, kPictures) \
  X(105, kCanonRaw, "image/x-canon-cr2", "Canon raw picture (CR2)", "cr2", true, kPictures) \
  X(106, kWebp, "image/webp", "WebP picture", "webp", true, kPictures) \
  X(107, kHeic, "image/heic", "HEIC picture", "heic heics hif", true, kPictures) \
  X(108, kHeif, "image/heif", "HEIF picture", "heif heic hif heifs", true, kPictures) \
  X(109, kAvif, "image/avif", "AVIF picture", "avif avifs", true, kPictures) \
  X(110, kCr3, "image/x-canon-cr3", "Canon raw picture (CR3)", "cr3 crm", true, kPictures) \
  X(111, kIcon, "image/vnd.microsoft.icon", "Windows icon", "ico", true, kPictures) \
  X(112, kCursor, "image/x-win-bitmap", "Windows cursor", "cur ani", true, kPictures) \
  X(113, kPsd, "image/vnd.adobe.photoshop", "Photoshop picture", "psd psb", true, kPictures) \
  X(114, kJp2, "image/jp2", "JPEG 2000 picture", "jp2 j2k jpf jpx jpm j2c jpc", true, kPictures) \
  X(115, kJxl, "image/jxl", "JPEG XL picture", "jxl", true, kPictures) \
  X(116, kJxr, "image/jxr", "JPEG XR picture", "jxr wdp hdp", true, kPictures) \
  X(117, kSvg, "image/svg+xml", "SVG picture", "svg", false, kPictures) \
  X(118, kFujiRaw, "image/x-fuji-raf", "Fujifilm raw picture", "raf", true, kPictures) \
  X(119, kOlympusRaw, "image/x-olympus-orf", "Olympus raw picture", "orf", true, kPictures) \
  X(120, kPanasonicRaw, "image/x-panasonic-rw2", "Panasonic raw picture", "rw2 rwl raw", true, kPictures) \
  X(121, kXcf, "image/x-xcf", "GIMP picture", "xcf", true, kPictures) \
  X(122, kEmf, "image/emf", "Windows enhanced metafile", "emf", true, kPictures) \
  X(123, kWmf, "image/wmf", "Windows metafile", "wmf apm", true, kPictures) \
  X(124, kDicom, "application/dicom", "DICOM medical picture", "dcm dicom dic", true, kPictures) \
  X(125, kDjvu, "image/vnd.djvu", "DjVu document", "djvu djv", true, kPictures) \
  X(126, kExr, "image/x-exr", "OpenEXR picture", "exr", true, kPictures) \
  X(127, kQoi, "image/x-qoi", "QOI picture", "qoi", true, kPictures) \
  X(128, kDds, "image/vnd.ms-dds", "DirectDraw surface", "dds", true, kPictures) \
  X(129, kIcns, "image/x-icns", "Apple icon", "icns", true, kPictures) \
  X(130, kXcursor, "image/x-xcursor", "X11 cursor", "", true, kPictures) \
  X(131, kKtx, "image/ktx", "KTX texture", "ktx ktx2", true, kPictures) \
  X(132, kNetpbm, "image/x-portable-anymap", "Netpbm picture", "pbm pgm ppm pnm pam", false, kPictures) \
  X(133, kXpm, "image/x-xpixmap", "XPM picture", "xpm", false, kPictures) \
  X(200, kMp4, "video/mp4", "MPEG-4 video", "mp4 m4v mov qt 3gp 3gpp 3g2 m4a m4b m4r f4v mqv", true, kVideo) \
  X(201, kMov, "video/quicktime", "QuickTime video", "mp4 m4v mov qt 3gp 3gpp 3g2 m4a m4b m4r f4v mqv", true, kVideo) \
  X(202, kM4v, "video/x-m4v", "Apple MPEG-4 video", "mp4 m4v mov qt 3gp 3gpp 3g2 m4a m4b m4r f4v mqv", true, kVideo) \
  X(203, k3gp, "video/3gpp", "3GPP video", "mp4 m4v mov qt 3gp 3gpp 3g2 m4a m4b m4r f4v mqv", true, kVideo) \
  X(204, k3g2, "video/3gpp2", "3GPP2 video", "mp4 m4v mov qt 3gp 3gpp 3g2 m4a m4b m4r f4v mqv", true, kVideo) \
  X(205, kAvi, "video/x-msvideo", "AVI video", "avi divx", true, kVideo) \
  X(206, kMatroska, "video/x-matroska", "Matroska video", "mkv mka mks mk3d webm", true, kVideo) \
  X(207, kWebm, "video/webm", "WebM video", "webm weba mkv", true, kVideo) \
  X(208, kAsf, "video/x-ms-asf", "Windows Media (ASF)", "asf wmv wma wm dvr-ms", true, kVideo) \
  X(209, kFlv, "video/x-flv", "Flash video", "flv f4v", true, kVideo) \
  X(210, kMpegPs, "video/mpeg", "MPEG program stream", "mpg mpeg vob mpe m2p m2ts", true, kVideo) \
  X(211, kMpegTs, "video/mp2t", "MPEG transport stream", "ts mts m2ts m2t trp tod mpg mpeg", true, kVideo) \
  X(212, kOgv, "video/ogg", "Ogg video", "ogv ogg ogm ogx", true, kVideo) \
  X(213, kRealMedia, "application/vnd.rn-realmedia", "RealMedia", "rm rmvb ra", true, kVideo) \
  X(214, kMxf, "application/mxf", "MXF video", "mxf", true, kVideo) \
  X(215, kSwf, "application/vnd.adobe.flash.movie", "Flash animation", "swf", true, kVideo) \
  X(216, kMpegVideo, "video/mpeg", "MPEG video stream", "mpg mpeg m1v m2v mpv", true, kVideo) \
  X(217, kBmff, "application/mp4", "ISO base media file", "mp4 m4v mov qt 3gp 3gpp 3g2 m4a m4b m4r f4v mqv dash m4s mj2 jp2 heic heif avif cr3", false, kVideo) \
  X(300, kMp3, "audio/mpeg", "MP3 sound", "mp3 mp2 mpga", true, kSound) \
  X(301, kM4a, "audio/mp4", "MPEG-4 sound", "mp4 m4v mov qt 3gp 3gpp 3g2 m4a m4b m4r f4v mqv", true, kSound) \
  X(302, kAac, "audio/aac", "AAC sound (ADTS)", "aac adts", true, kSound) \
  X(303, kWav, "audio/x-wav", "WAV sound", "wav wave", true, kSound) \
  X(304, kFlac, "audio/flac", "FLAC sound", "flac", true, kSound) \
  X(305, kOgg, "audio/ogg", "Ogg sound", "ogg oga spx opus", true, kSound) \
  X(306, kOpus, "audio/ogg", "Opus sound", "opus ogg oga", true, kSound) \
  X(307, kAiff, "audio/x-aiff", "AIFF sound", "aif aiff aifc", true, kSound) \
  X(308, kAmr, "audio/AMR", "AMR sound", "amr 3gp 3ga", true, kSound) \
  X(309, kAmrWb, "audio/AMR-WB", "AMR wideband sound", "awb amr", true, kSound) \
  X(310, kMidi, "audio/midi", "MIDI music", "mid midi kar rmi", true, kSound) \
  X(311, kCaf, "audio/x-caf", "Apple Core Audio sound", "caf", true, kSound) \
  X(313, kAu, "audio/basic", "AU sound", "au snd", true, kSound) \
  X(314, kApe, "audio/x-ape", "Monkey's Audio sound", "ape", true, kSound) \
  X(315, kWavPack, "audio/x-wavpack", "WavPack sound", "wv", true, kSound) \
  X(316, kSilk, "audio/x-silk", "SILK voice note", "silk slk aud amr", true, kSound) \
  X(317, kPlaylist, "audio/x-mpegurl", "M3U playlist", "m3u m3u8", false, kSound) \
  X(319, kMusepack, "audio/x-musepack", "Musepack sound", "mpc", true, kSound) \
  X(400, kPdf, "application/pdf", "PDF document", "pdf ai", true, kDocuments) \
  X(401, kPostScript, "application/postscript", "PostScript document", "ps eps ai", true, kDocuments) \
  X(402, kRtf, "text/rtf", "RTF document", "rtf doc", true, kDocuments) \
  X(403, kDoc, "application/msword", "Word document (97-2003)", "doc dot xls xlt xla ppt pps pot msi msp mst msg oft db vsd pub mpp wps hwp", true, kDocuments) \
  X(404, kXls, "application/vnd.ms-excel", "Excel workbook (97-2003)", "doc dot xls xlt xla ppt pps pot msi msp mst msg oft db vsd pub mpp wps hwp", true, kDocuments) \
  X(405, kPpt, "application/vnd.ms-powerpoint", "PowerPoint presentation (97-2003)", "doc dot xls xlt xla ppt pps pot msi msp mst msg oft db vsd pub mpp wps hwp", true, kDocuments) \
  X(406, kOle, "application/x-ole-storage", "OLE compound file", "doc dot xls xlt xla ppt pps pot msi msp mst msg oft db vsd pub mpp wps hwp", false, kDocuments) \
  X(407, kOoxmlEncrypted, "application/encrypted", "Office document, encrypted", "docx docm dotx xlsx xlsm xlsb pptx pptm ppsx vsdx doc xls ppt", true, kDocuments) \
  X(408, kDocx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word document", "docx docm dotx dotm zip", true, kDocuments) \
  X(409, kXlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel workbook", "xlsx xlsm xlsb xltx xltm xlam zip", true, kDocuments) \
  X(410, kPptx, "application/vnd.openxmlformats-officedocument.presentationml.presentation", "PowerPoint presentation", "pptx pptm ppsx potx ppsm potm sldx thmx zip", true, kDocuments) \
  X(411, kVsdx, "application/vnd.ms-visio.drawing.main+xml", "Visio drawing", "vsdx vsdm vstx zip", true, kDocuments) \
  X(412, kOoxml, "application/vnd.openxmlformats-officedocument", "Office Open XML package", "docx xlsx pptx vsdx docm xlsm pptm dotx ppsx potx thmx glox nupkg vsix appx msix xps oxps 3mf zip", false, kDocuments) \
  X(413, kOdt, "application/vnd.oasis.opendocument.text", "OpenDocument text", "odt ott odm zip", true, kDocuments) \
  X(414, kOds, "application/vnd.oasis.opendocument.spreadsheet", "OpenDocument spreadsheet", "ods ots zip", true, kDocuments) \
  X(415, kOdp, "application/vnd.oasis.opendocument.presentation", "OpenDocument presentation", "odp otp zip", true, kDocuments) \
  X(416, kOdg, "application/vnd.oasis.opendocument.graphics", "OpenDocument drawing", "odg otg zip", true, kDocuments) \
  X(417, kOdf, "application/vnd.oasis.opendocument", "OpenDocument file", "odf odb odc odi odt ods odp odg zip", false, kDocuments) \
  X(418, kEpub, "application/epub+zip", "EPUB book", "epub zip", true, kDocuments) \
  X(419, kMobi, "application/x-mobipocket-ebook", "Mobipocket book", "mobi prc azw azw3 azw4", true, kDocuments) \
  X(420, kChm, "application/vnd.ms-htmlhelp", "Windows help (CHM)", "chm chi its", true, kDocuments) \
  X(421, kOneNote, "application/onenote", "OneNote section", "one onetoc2", true, kDocuments) \
  X(422, kIwork, "application/vnd.apple.iwork", "Apple iWork document", "pages numbers key zip", true, kDocuments) \
  X(423, kXps, "application/vnd.ms-xpsdocument", "XPS document", "xps oxps zip", true, kDocuments) \
  X(424, kWordPerfect, "application/vnd.wordperfect", "WordPerfect document", "wpd wp wp5 doc", true, kDocuments) \
  X(425, kVisio, "application/vnd.visio", "Visio drawing (2003)", "doc dot xls xlt xla ppt pps pot msi msp mst msg oft db vsd pub mpp wps hwp", true, kDocuments) \
  X(426, kPublisher, "application/vnd.ms-publisher", "Publisher document", "doc dot xls xlt xla ppt pps pot msi msp mst msg oft db vsd pub mpp wps hwp", true, kDocuments) \
  X(427, kLatex, "text/x-tex", "LaTeX document", "tex ltx sty cls", false, kDocuments) \
  X(428, kIndesign, "application/x-indesign", "InDesign document", "indd indt", true, kDocuments) \
  X(429, kHwp, "application/x-hwp", "Hangul document", "hwp", true, kDocuments) \
  X(430, kTroff, "text/troff", "Manual page (troff)", "1 2 3 4 5 6 7 8 9 man me ms roff", false, kDocuments) \
  X(431, kText, "text/plain", "Text (ASCII)", "txt text log md csv ini conf cfg", false, kDocuments) \
  X(432, kTextUtf8, "text/plain", "Text (UTF-8)", "txt text log md csv ini conf cfg", false, kDocuments) \
  X(433, kTextUtf8Bom, "text/plain", "Text (UTF-8 with byte order mark)", "txt text log md csv ini conf cfg", false, kDocuments) \
  X(434, kTextUtf16Le, "text/plain", "Text (UTF-16, little-endian)", "txt text log csv ini", false, kDocuments) \
  X(435, kTextUtf16Be, "text/plain", "Text (UTF-16, big-endian)", "txt text log csv ini", false, kDocuments) \
  X(436, kTextUtf32, "text/plain", "Text (UTF-32)", "txt text", false, kDocuments) \
  X(437, kText8Bit, "text/plain", "Text (8-bit, of a Windows or ISO code page)", "txt text log csv ini", false, kDocuments) \
  X(438, kCsv, "text/csv", "Table (CSV)", "csv tsv tab txt", false, kDocuments) \
  X(439, kJson, "application/json", "JSON data", "json geojson webmanifest map har ipynb topojson", false, kDocuments) \
  X(440, kJsonLines, "application/x-ndjson", "JSON lines", "jsonl ndjson json log", false, kDocuments) \
  X(441, kSubtitles, "application/x-subrip", "Subtitles", "srt vtt", false, kDocuments) \
  X(442, kKml, "application/vnd.google-earth.kml+xml", "KML places", "kml", false, kDocuments) \
  X(443, kKmz, "application/vnd.google-earth.kmz", "KMZ places", "kmz zip", true, kDocuments) \
  X(444, kGpx, "application/gpx+xml", "GPX track", "gpx", false, kDocuments) \
  X(445, kAbiword, "application/x-abiword", "AbiWord document", "abw zabw", false, kDocuments) \
  X(446, kFictionBook, "application/x-fictionbook+xml", "FictionBook", "fb2", false, kDocuments) \
  X(500, kMail, "message/rfc822", "Mail message", "eml mht mhtml emlx txt nws msf", false, kMail) \
  X(501, kMbox, "application/mbox", "Mailbox (mbox)", "mbox mbx", false, kMail) \
  X(502, kPst, "application/vnd.ms-outlook-pst", "Outlook mail store (PST or OST)", "pst ost pab nst", true, kMail) \
  X(503, kMsg, "application/vnd.ms-outlook", "Outlook message", "doc dot xls xlt xla ppt pps pot msi msp mst msg oft db vsd pub mpp wps hwp", true, kMail) \
  X(504, kDbx, "application/x-dbx", "Outlook Express mail folder", "dbx", true, kMail) \
  X(505, kVcard, "text/vcard", "Contacts (vCard)", "vcf vcard", false, kMail) \
  X(506, kIcal, "text/calendar", "Calendar (iCalendar)", "ics ifb ical icalendar", false, kMail) \
  X(507, kTnef, "application/vnd.ms-tnef", "TNEF attachment", "dat tnef", true, kMail) \
  X(508, kEmlx, "message/x-emlx", "Apple Mail message", "emlx", false, kMail) \
  X(509, kNotes, "application/vnd.lotus-notes", "Lotus Notes database", "nsf ntf", true, kMail) \
  X(600, kHtml, "text/html", "HTML page", "html htm xhtml shtml hta php asp aspx jsp", false, kWeb) \
  X(601, kXml, "text/xml", "XML data", "xml xsd xsl xslt rdf rels config manifest resx nfo wsdl dtd", false, kWeb) \
  X(602, kMhtml, "multipart/related", "Web page archive (MHTML)", "mht mhtml eml", false, kWeb) \
  X(603, kUrl, "application/x-mswinurl", "Internet shortcut", "url website", false, kWeb) \
  X(604, kWebArchive, "application/x-webarchive", "Safari web archive", "webarchive", true, kWeb) \
  X(605, kWasm, "application/wasm", "WebAssembly program", "wasm", true, kWeb) \
  X(606, kRss, "application/rss+xml", "News feed", "rss xml atom rdf", false, kWeb) \
  X(607, kChromeCacheEntry, "application/x-chromium-cache-entry", "Chromium cache entry", "", true, kWeb) \
  X(608, kChromeCacheBlock, "application/x-chromium-cache-blocks", "Chromium cache blocks", "", true, kWeb) \
  X(609, kMozLz4, "application/x-mozilla-lz4", "Mozilla compressed JSON", "jsonlz4 mozlz4 baklz4 lz4", true, kWeb) \
  X(610, kPhp, "text/x-php", "PHP script", "php php3 php4 php5 phtml inc", false, kWeb) \
  X(611, kTorrent, "application/x-bittorrent", "Torrent", "torrent", true, kWeb) \
  X(612, kChromeExtension, "application/x-chrome-extension", "Chrome extension", "crx", true, kWeb) \
  X(700, kZip, "application/zip", "ZIP archive", "zip docx docm dotx dotm xlsx xlsm xlsb xltx xltm pptx pptm ppsx potx vsdx odt ods odp odg odf ott ots otp epub jar war ear apk aab apks xapk ipa xpi crx kmz cbz 3mf nupkg whl xps oxps pages numbers key vsix appx msix gsheet sketch idml aar ufdr aff4", true, kArchives) \
  X(701, kJar, "application/java-archive", "Java archive", "jar war ear aar zip", true, kArchives) \
  X(702, kApk, "application/vnd.android.package-archive", "Android app (APK)", "apk apks xapk zip", true, kArchives) \
  X(703, kIpa, "application/x-ios-app", "iOS app (IPA)", "ipa zip", true, kArchives) \
  X(704, k7z, "application/x-7z-compressed", "7-Zip archive", "7z cb7 001", true, kArchives) \
  X(705, kRar4, "application/x-rar", "RAR archive (version 4 or older)", "rar cbr r00 rev", true, kArchives) \
  X(706, kRar5, "application/x-rar", "RAR archive (version 5)", "rar cbr rev", true, kArchives) \
  X(707, kTar, "application/x-tar", "tar archive", "tar gem ova ab oci", true, kArchives) \
  X(708, kGzip, "application/gzip", "gzip data", "gz tgz gzip svgz emz wmz adz dz cpgz vgz dia xcfgz", true, kArchives) \
  X(709, kBzip2, "application/x-bzip2", "bzip2 data", "bz2 tbz2 tbz bz", true, kArchives) \
  X(710, kXz, "application/x-xz", "xz data", "xz txz", true, kArchives) \
  X(711, kLzma, "application/x-lzma", "LZMA data", "lzma tlz", false, kArchives) \
  X(712, kZstd, "application/zstd", "Zstandard data", "zst tzst zstd", true, kArchives) \
  X(713, kLz4, "application/x-lz4", "LZ4 data", "lz4", true, kArchives) \
  X(714, kCompress, "application/x-compress", "compress data", "z taz", true, kArchives) \
  X(715, kCab, "application/vnd.ms-cab-compressed", "Windows cabinet", "cab msu", true, kArchives) \
  X(717, kLha, "application/x-lzh-compressed", "LHA archive", "lzh lha", true, kArchives) \
  X(718, kAr, "application/x-archive", "ar archive", "a lib ar", true, kArchives) \
  X(719, kDeb, "application/vnd.debian.binary-package", "Debian package", "deb udeb ipk", true, kArchives) \
  X(720, kRpm, "application/x-rpm", "RPM package", "rpm", true, kArchives) \
  X(721, kCpio, "application/x-cpio", "cpio archive", "cpio", true, kArchives) \
  X(722, kIso, "application/x-iso9660-image", "ISO 9660 disc image", "iso img cdr udf", true, kArchives) \
  X(723, kDmg, "application/x-apple-diskimage", "Apple disk image", "dmg smi img", true, kArchives) \
  X(724, kDmgEncrypted, "application/x-apple-diskimage", "Apple disk image, encrypted", "dmg sparseimage", true, kArchives) \
  X(725, kVhd, "application/x-virtualbox-vhd", "Virtual PC disk (VHD)", "vhd avhd", true, kArchives) \
  X(726, kVhdx, "application/x-virtualbox-vhdx", "Hyper-V disk (VHDX)", "vhdx avhdx", true, kArchives) \
  X(727, kVmdk, "application/x-vmdk", "VMware disk (VMDK)", "vmdk", true, kArchives) \
  X(728, kVdi, "application/x-virtualbox-vdi", "VirtualBox disk (VDI)", "vdi", true, kArchives) \
  X(729, kQcow, "application/x-qemu-disk", "QEMU disk (QCOW)", "qcow qcow2 qcow3 img", true, kArchives) \
  X(730, kE01, "application/x-ewf", "EnCase evidence (E01)", "e01 s01", true, kArchives) \
  X(731, kEx01, "application/x-ewf2", "EnCase evidence (Ex01)", "ex01 lx01", true, kArchives) \
  X(732, kL01, "application/x-lvf", "EnCase logical evidence (L01)", "l01", true, kArchives) \
  X(733, kAff, "application/x-aff", "AFF evidence", "aff", true, kArchives) \
  X(734, kAff4, "application/x-aff4", "AFF4 evidence", "aff4 zip", true, kArchives) \
  X(735, kWim, "application/x-ms-wim", "Windows image (WIM)", "wim swm esd", true, kArchives) \
  X(736, kSquashfs, "application/vnd.squashfs", "SquashFS image", "squashfs snap sfs sqsh img", true, kArchives) \
  X(737, kCramfs, "application/x-cramfs", "cramfs image", "cramfs img", true, kArchives) \
  X(738, kAndroidSparse, "application/x-android-sparse", "Android sparse image", "img simg", true, kArchives) \
  X(739, kAndroidBoot, "application/x-android-boot", "Android boot image", "img", true, kArchives) \
  X(740, kAndroidBackup, "application/x-android-backup", "Android backup", "ab adb", true, kArchives) \
  X(741, kFdt, "application/x-devicetree", "Device tree", "dtb dtbo itb", true, kArchives) \
  X(742, kExtImage, "application/x-ext-image", "ext file system image", "img ext2 ext3 ext4 raw dd", false, kArchives) \
  X(743, kNtfsImage, "application/x-ntfs-image", "NTFS boot sector or image", "img raw dd", false, kArchives) \
  X(744, kFatImage, "application/x-fat-image", "FAT boot sector or image", "img ima raw dd flp vfd", false, kArchives) \
  X(745, kMbr, "application/x-disk-image", "Boot record or disk image", "img raw dd bin", false, kArchives) \
  X(746, kLuks, "application/x-luks", "LUKS container", "luks img", true, kArchives) \
  X(747, kXar, "application/x-xar", "xar archive", "xar pkg xip", true, kArchives) \
  X(748, kLzip, "application/x-lzip", "lzip data", "lz tlz", true, kArchives) \
  X(749, kLzop, "application/x-lzop", "lzop data", "lzo", true, kArchives) \
  X(750, kStuffIt, "application/x-stuffit", "StuffIt archive", "sit sitx", true, kArchives) \
  X(751, kAppleSparse, "application/x-apple-sparseimage", "Apple sparse image", "sparseimage", true, kArchives) \
  X(752, kAppleArchive, "application/x-apple-archive", "Apple archive", "aar yaa aea", true, kArchives) \
  X(753, kPbzx, "application/x-pbzx", "pbzx data", "", true, kArchives) \
  X(754, kPar2, "application/x-par2", "PAR2 recovery data", "par2", true, kArchives) \
  X(755, kSnappy, "application/x-snappy-framed", "Snappy data", "sz snappy", true, kArchives) \
  X(756, kAce, "application/x-ace-compressed", "ACE archive", "ace", true, kArchives) \
  X(757, kExfatImage, "application/x-exfat-image", "exFAT boot sector or image", "img raw dd", false, kArchives) \
  X(758, kXfsImage, "application/x-xfs-image", "XFS image", "img raw dd xfs", true, kArchives) \
  X(759, kXpi, "application/x-xpinstall", "Mozilla extension (XPI)", "xpi zip jar", true, kArchives) \
  X(800, kSqlite, "application/vnd.sqlite3", "SQLite database", "db sqlite sqlite3 db3 s3db sl3 sqlitedb sqlite-db storedata dat data abcddb mbtiles gpkg localstorage store cache", true, kDatabases) \
  X(801, kSqliteWal, "application/vnd.sqlite3-wal", "SQLite write-ahead log", "db-wal sqlite-wal sqlite3-wal", true, kDatabases) \
  X(802, kSqliteJournal, "application/vnd.sqlite3-journal", "SQLite rollback journal", "db-journal sqlite-journal", true, kDatabases) \
  X(803, kCoreData, "application/vnd.sqlite3", "SQLite database (Core Data)", "sqlite db storedata abcddb sqlitedb sqlite3 store data", true, kDatabases) \
  X(804, kFirefoxPlaces, "application/vnd.sqlite3", "SQLite database (Firefox history)", "sqlite db sqlite3", true, kDatabases) \
  X(805, kChromiumHistory, "application/vnd.sqlite3", "SQLite database (Chromium history)", "db sqlite sqlite3", true, kDatabases) \
  X(806, kAndroidSms, "application/vnd.sqlite3", "SQLite database (Android messages)", "db sqlite sqlite3", true, kDatabases) \
  X(807, kAndroidContacts, "application/vnd.sqlite3", "SQLite database (Android contacts)", "db sqlite sqlite3", true, kDatabases) \
  X(808, kAndroidCalls, "application/vnd.sqlite3", "SQLite database (Android calls)", "db sqlite sqlite3", true, kDatabases) \
  X(809, kWhatsapp, "application/vnd.sqlite3", "SQLite database (WhatsApp messages)", "db sqlite sqlite3", true, kDatabases) \
  X(810, kIosMessages, "application/vnd.sqlite3", "SQLite database (iOS messages)", "db sqlite sqlite3 sqlitedb", true, kDatabases) \
  X(811, kGeopackage, "application/geopackage+sqlite3", "GeoPackage", "gpkg gpkx", true, kDatabases) \
  X(812, kMbtiles, "application/vnd.mapbox-tiles", "Map tiles (MBTiles)", "mbtiles db", true, kDatabases) \
  X(813, kChromiumCookies, "application/vnd.sqlite3", "SQLite database (Chromium cookies)", "db sqlite sqlite3", true, kDatabases) \
  X(814, kChromiumLogins, "application/vnd.sqlite3", "SQLite database (Chromium logins)", "db sqlite sqlite3", true, kDatabases) \
  X(815, kFirefoxCookies, "application/vnd.sqlite3", "SQLite database (Firefox cookies)", "sqlite db sqlite3", true, kDatabases) \
  X(816, kJet, "application/x-msaccess", "Access database (MDB)", "mdb mde", true, kDatabases) \
  X(817, kAccess, "application/x-msaccess", "Access database (ACCDB)", "accdb accde accdr", true, kDatabases) \
  X(818, kEse, "application/x-ms-ese", "ESE database", "edb dat sdb db jfm mdb", true, kDatabases) \
  X(819, kLevelDbLog, "application/x-leveldb-log", "LevelDB log", "log", true, kDatabases) \
  X(820, kLevelDbTable, "application/x-leveldb-table", "LevelDB table", "ldb sst", true, kDatabases) \
  X(821, kLevelDbManifest, "application/x-leveldb-manifest", "LevelDB manifest", "", true, kDatabases) \
  X(822, kRealm, "application/x-realm", "Realm database", "realm", true, kDatabases) \
  X(823, kBerkeleyDb, "application/x-berkeley-db", "Berkeley DB", "db dat", true, kDatabases) \
  X(824, kGdbm, "application/x-gdbm", "GDBM database", "gdbm db", true, kDatabases) \
  X(825, kLmdb, "application/x-lmdb", "LMDB database", "mdb lmdb", true, kDatabases) \
  X(826, kKeePass, "application/x-keepass2", "KeePass database", "kdbx", true, kDatabases) \
  X(827, kKeePass1, "application/x-keepass", "KeePass database (version 1)", "kdb", true, kDatabases) \
  X(828, kOpVault, "application/x-1password-item", "1Password vault data", "attachment", true, kDatabases) \
  X(829, kMork, "application/x-mork", "Mork database", "mab msf dat", true, kDatabases) \
  X(830, kThumbsDb, "application/x-thumbs-db", "Windows thumbnails (Thumbs.db)", "doc dot xls xlt xla ppt pps pot msi msp mst msg oft db vsd pub mpp wps hwp", true, kDatabases) \
  X(831, kThumbcache, "application/x-windows-thumbcache", "Windows thumbnail cache", "db", true, kDatabases) \
  X(832, kDsStore, "application/x-apple-dsstore", "Apple folder settings (.DS_Store)", "ds_store", true, kDatabases) \
  X(833, kSegb, "application/x-segb", "Apple Biome stream (SEGB)", "", true, kDatabases) \
  X(834, kParquet, "application/vnd.apache.parquet", "Parquet table", "parquet", true, kDatabases) \
  X(835, kHdf5, "application/x-hdf5", "HDF5 data", "h5 hdf5 hdf nc mat", true, kDatabases) \
  X(836, kPasswordSafe, "application/x-password-safe", "Password Safe database", "psafe3", true, kDatabases) \
  X(900, kPeExe, "application/vnd.microsoft.portable-executable", "Windows program", "exe scr com pif cpl sys dll ocx msstyles mui efi tsp ax acm drv node pyd xll winmd rll fon", true, kPrograms) \
  X(901, kPeDll, "application/vnd.microsoft.portable-executable", "Windows library", "dll ocx cpl sys drv ax acm mui efi tsp node pyd xll winmd rll fon exe scr", true, kPrograms) \
  X(902, kPeDriver, "application/vnd.microsoft.portable-executable", "Windows driver", "sys drv dll exe", true, kPrograms) \
  X(903, kPeEfi, "application/efi", "EFI program", "efi", true, kPrograms) \
  X(904, kDosExe, "application/x-dosexec", "DOS program", "exe com ovl drv 386 vxd dll fon", true, kPrograms) \
  X(905, kElfExe, "application/x-executable", "Linux program (ELF)", "elf bin so out run axf", true, kPrograms) \
  X(906, kElfPie, "application/x-pie-executable", "Linux program (ELF, position-independent)", "elf bin so out run", true, kPrograms) \
  X(907, kElfSo, "application/x-sharedlib", "Linux library (ELF)", "so elf bin odex oat node", true, kPrograms) \
  X(908, kElfObject, "application/x-object", "Linux object file (ELF)", "o ko obj elf", true, kPrograms) \
  X(909, kElfCore, "application/x-coredump", "Memory dump of a program (ELF)", "core dmp", true, kPrograms) \
  X(910, kMachO, "application/x-mach-binary", "Apple program or library (Mach-O)", "dylib o bundle so", true, kPrograms) \
  X(911, kMachOFat, "application/x-mach-binary", "Apple program for several processors (Mach-O)", "dylib bundle a so", true, kPrograms) \
  X(912, kDex, "application/x-dex", "Android program (DEX)", "dex odex", true, kPrograms) \
  X(913, kVdex, "application/x-vdex", "Android verified program (VDEX)", "vdex", true, kPrograms) \
  X(914, kArt, "application/x-art", "Android image (ART)", "art", true, kPrograms) \
  X(915, kClass, "application/x-java-applet", "Java class", "class", true, kPrograms) \
  X(916, kPyc, "application/x-bytecode.python", "Python bytecode", "pyc pyo", false, kPrograms) \
  X(917, kLuac, "application/x-lua-bytecode", "Lua bytecode", "luac lua out", true, kPrograms) \
  X(918, kShell, "text/x-shellscript", "Shell script", "sh bash zsh ksh csh run command", false, kPrograms) \
  X(919, kPython, "text/x-script.python", "Python script", "py pyw", false, kPrograms) \
  X(920, kPerl, "text/x-perl", "Perl script", "pl pm cgi t", false, kPrograms) \
  X(921, kRuby, "text/x-ruby", "Ruby script", "rb", false, kPrograms) \
  X(922, kNode, "application/javascript", "JavaScript program", "js mjs cjs", false, kPrograms) \
  X(923, kAwk, "text/x-awk", "awk script", "awk", false, kPrograms) \
  X(924, kLuaScript, "text/x-lua", "Lua script", "lua", false, kPrograms) \
  X(925, kTcl, "text/x-tcl", "Tcl script", "tcl", false, kPrograms) \
  X(926, kPwsh, "text/x-powershell", "PowerShell script", "ps1 psm1", false, kPrograms) \
  X(927, kScript, "text/x-script", "Script", "", false, kPrograms) \
  X(928, kBatch, "text/x-msdos-batch", "Windows batch file", "bat cmd", false, kPrograms) \
  X(929, kLlvm, "application/x-llvm-bitcode", "LLVM bitcode", "bc", true, kPrograms) \
  X(930, kMinidump, "application/x-dmp", "Windows minidump", "dmp mdmp", true, kPrograms) \
  X(931, kCrashDump, "application/x-ms-dump", "Windows memory dump", "dmp", true, kPrograms) \
  X(932, kHibernation, "application/x-windows-hibernation", "Windows hibernation file", "sys", true, kPrograms) \
  X(933, kSwap, "application/x-linux-swap", "Linux swap area", "swap img", true, kPrograms) \
  X(934, kJavaSerialized, "application/x-java-serialized-object", "Java serialised objects", "ser bin", true, kPrograms) \
  X(935, kMsi, "application/x-msi", "Windows installer package", "doc dot xls xlt xla ppt pps pot msi msp mst msg oft db vsd pub mpp wps hwp", true, kPrograms) \
  X(936, kPcap, "application/vnd.tcpdump.pcap", "Network capture", "pcap cap dmp", true, kPrograms) \
  X(937, kPcapng, "application/x-pcapng", "Network capture (pcapng)", "pcapng ntar", true, kPrograms) \
  X(938, kAndroidXml, "application/vnd.android.axml", "Android compiled XML", "xml", true, kPrograms) \
  X(939, kAndroidResources, "application/vnd.android.resources", "Android compiled resources", "arsc", true, kPrograms) \
  X(1000, kLnk, "application/x-ms-shortcut", "Windows shortcut", "lnk", true, kSystem) \
  X(1001, kJumpListAuto, "application/x-ms-jumplist", "Windows jump list (automatic)", "automaticdestinations-ms", true, kSystem) \
  X(1002, kJumpListCustom, "application/x-ms-jumplist", "Windows jump list (custom)", "customdestinations-ms", false, kSystem) \
  X(1003, kRegistryHive, "application/x-ms-registry", "Windows registry hive", "dat hiv hve sav old bak man", true, kSystem) \
  X(1004, kRegistryLog, "application/x-ms-registry-log", "Windows registry log", "log log1 log2", true, kSystem) \
  X(1005, kRegistryText, "text/x-ms-regedit", "Registry export", "reg", false, kSystem) \
  X(1006, kEvtx, "application/x-ms-evtx", "Windows event log (EVTX)", "evtx", true, kSystem) \
  X(1007, kEvt, "application/x-ms-evt", "Windows event log (EVT)", "evt", true, kSystem) \
  X(1008, kPrefetch, "application/x-ms-prefetch", "Windows prefetch file", "pf", true, kSystem) \
  X(1009, kPrefetchMam, "application/x-ms-prefetch-compressed", "Windows prefetch or other compressed system file (MAM)", "pf db ebd fx bin dat mam", true, kSystem) \
  X(1010, kPlistBinary, "application/x-bplist", "Apple property list (binary)", "plist strings webarchive nib bplist data archive dat mdplistc plistc shortcut wflow webloc loctable binarycookies mobileconfig sfl sfl2 sfl3 sfl4 keyedarchive cache", true, kSystem) \
  X(1011, kPlistXml, "application/x-plist", "Apple property list (XML)", "plist mobileconfig webloc wflow", false, kSystem) \
  X(1012, kKeyedArchive, "application/x-nskeyedarchive", "Apple keyed archive", "plist archive nib data keyedarchive sfl sfl2 sfl3 sfl4 dat bplist", false, kSystem) \
  X(1013, kAbx, "application/x-android-abx", "Android binary XML (ABX)", "xml abx", true, kSystem) \
  X(1014, kJournal, "application/x-systemd-journal", "systemd journal", "journal", true, kSystem) \
  X(1015, kRecycled, "application/x-ms-recycled", "Windows recycle bin record ($I)", "", false, kSystem) \
  X(1016, kTtf, "font/sfnt", "TrueType font", "ttf otf ttc", true, kSystem) \
  X(1017, kOtf, "application/vnd.ms-opentype", "OpenType font", "otf ttf", true, kSystem) \
  X(1018, kTtc, "font/collection", "Font collection", "ttc otc", true, kSystem) \
  X(1019, kWoff, "font/woff", "Web font (WOFF)", "woff", true, kSystem) \
  X(1020, kWoff2, "font/woff2", "Web font (WOFF2)", "woff2", true, kSystem) \
  X(1021, kPemCertificate, "application/x-x509-ca-cert", "Certificate (PEM)", "pem crt cer ca-bundle cert", false, kSystem) \
  X(1022, kPemKey, "application/x-pem-key", "Private key (PEM)", "pem key", false, kSystem) \
  X(1023, kPemOther, "application/x-pem-file", "PEM data", "pem csr crl pub p7b p7s key crt", false, kSystem) \
  X(1024, kSshKey, "application/x-ssh-key", "SSH private key", "pem key", false, kSystem) \
  X(1025, kSshPublic, "text/x-ssh-public-key", "SSH public key", "pub", false, kSystem) \
  X(1026, kDerCertificate, "application/pkix-cert", "Certificate (DER)", "cer crt der cert", false, kSystem) \
  X(1027, kPkcs12, "application/x-pkcs12", "Certificate store (PKCS #12)", "p12 pfx", false, kSystem) \
  X(1028, kPkcs7, "application/pkcs7-mime", "Signed or enveloped data (PKCS #7)", "p7b p7m p7s p7c cat spc rsa dsa ec", false, kSystem) \
  X(1029, kPgpPublic, "application/pgp-keys", "OpenPGP public key", "asc gpg pgp pub key", false, kSystem) \
  X(1030, kPgpPrivate, "application/pgp-keys", "OpenPGP private key", "asc gpg pgp key sec", false, kSystem) \
  X(1031, kPgpSignature, "application/pgp-signature", "OpenPGP signature", "asc sig gpg", false, kSystem) \
  X(1032, kPgpMessage, "application/pgp-encrypted", "OpenPGP message", "asc gpg pgp", false, kSystem) \
  X(1033, kPgpKeyRing, "application/pgp-keys", "OpenPGP key ring", "gpg pgp pub key kbx", false, kSystem) \
  X(1034, kAge, "application/x-age", "age encrypted file", "age", true, kSystem) \
  X(1035, kOpenSsl, "application/x-openssl-encrypted", "OpenSSL encrypted data", "enc bin aes", true, kSystem) \
  X(1036, kAnsibleVault, "text/x-ansible-vault", "Ansible vault", "yml yaml vault", false, kSystem) \
  X(1037, kJks, "application/x-java-keystore", "Java key store", "jks keystore", true, kSystem) \
  X(1038, kGettext, "application/x-gettext-translation", "Translations (gettext)", "mo gmo", true, kSystem) \
  X(1039, kTzif, "application/tzif", "Time zone data", "", true, kSystem) \
  X(1040, kTerminfo, "application/x-terminfo", "Terminal description", "", false, kSystem) \
  X(1041, kSdb, "application/x-ms-shim-db", "Windows compatibility database", "sdb", true, kSystem) \
  X(1042, kNib, "application/x-nib-archive", "Apple interface (NIB)", "nib", true, kSystem) \
  X(1043, kIni, "text/x-ini", "Settings (INI)", "ini inf cfg conf desktop service url website theme properties txt", false, kSystem) \
  X(1044, kBinaryCookies, "application/x-apple-binarycookies", "Safari cookies", "binarycookies cookies", true, kSystem) \
  X(1045, kAppleDouble, "application/applefile", "AppleDouble resource file", "", false, kSystem) \
  X(1046, kAppleTracev, "application/x-apple-tracev3", "Apple unified log", "tracev3", true, kSystem) \
  X(1047, kMum, "application/x-ms-delta", "Windows delta-compressed file", "manifest mum cat", false, kSystem) \
  X(1048, kGvariant, "application/x-gvdb", "GVariant database", "", true, kSystem) \
  X(1049, kAppleBookmark, "application/x-apple-bookmark", "Apple bookmark or alias", "", true, kSystem) \
  X(1050, kDesktop, "application/x-desktop", "Desktop entry", "desktop directory", false, kSystem)
// clang-format on

namespace limier::types {

enum class Id : std::uint16_t {
#define LIMIER_TYPE_ID(number, id, mime, name, extensions, strong, group) id = (number),
  LIMIER_FILE_TYPES(LIMIER_TYPE_ID)
#undef LIMIER_TYPE_ID
};

}  // namespace limier::types
