"""Files in which a device says what it is, and applications known by where their files lie: through the whole program."""
import random
import unittest

import phone
import support

SETTINGS = """<?xml version='1.0' encoding='utf-8' standalone='yes' ?>
<settings version="183">
  <setting id="1" name="device_name" value="Telefoon van Anna" package="android" defaultValue="x" />
  <setting id="2" name="wifi_on" value="1" package="android" />
</settings>
"""
PACKAGES = """<?xml version='1.0' encoding='utf-8' standalone='yes' ?>
<packages>
  <package name="org.thoughtcrime.securesms" codePath="/data/app/a" it="18c0a1b2c3d" version="1400" />
  <package name="com.example.camera" codePath="/data/app/b" it="18c0a1b2c3d" version="3" />
</packages>
"""
WIFI = """<?xml version='1.0' encoding='utf-8' standalone='yes' ?>
<WifiConfigStoreData><NetworkList><Network><WifiConfiguration>
<string name="SSID">&quot;Thuis&quot;</string><string name="PreSharedKey">&quot;geheim-woord&quot;</string>
</WifiConfiguration></Network></NetworkList></WifiConfigStoreData>
"""
BACKUP = "media/0/WhatsApp/Databases/msgstore-2026-01-02.1.db.crypt14"
SIGNAL = "data/org.thoughtcrime.securesms/databases/signal.db"


class DeviceFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = support.Scratch()
        cls.addClassCleanup(cls.scratch.cleanup)
        tree = cls.scratch.path / "tree"
        noise = random.Random(3)
        for path, data in {
            "system/packages.xml": PACKAGES.encode(),
            "system/users/0/settings_global.xml": SETTINGS.encode(),
            "misc/apexdata/com.android.wifi/WifiConfigStore.xml": WIFI.encode(),
            "system/build.prop": b"ro.product.model=Fiets 7\nro.build.version.release=14\nro.build.version.sdk=34\n",
            SIGNAL: noise.randbytes(40_960),
            "data/me.lucky.wasted/shared_prefs/me.lucky.wasted_preferences.xml": b"<?xml version='1.0'?><map />\n",
            "media/0/packages.xml": b"<?xml version='1.0'?><nothing/>\n",
            BACKUP: noise.randbytes(30_720),
            "media/0/signal.db": noise.randbytes(20_480),
        }.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes(data)
        evidence = cls.scratch.path / "evidence"
        evidence.mkdir()
        cls.run_ = support.triage(phone.make_image(evidence / "disk.dd", tree), cls.scratch.path / "run")
        assert cls.run_.code in (0, 5), (cls.run_.code, cls.run_.err)

    def query(self, sql):
        with self.run_.index() as index:
            return index.rows(sql)

    def test_applications(self):
        found = self.query("SELECT a.package, a.name, a.version, a.category, a.parsed, f.path FROM v_app a JOIN v_file f ON "
                           "f.file_id = a.file_id ORDER BY f.path, a.package")
        self.assertEqual([tuple(row.values()) for row in found], [
            ("me.lucky.wasted", "Wasted", None, "wiper", 0,
             "/data/me.lucky.wasted/shared_prefs/me.lucky.wasted_preferences.xml"),
            ("org.thoughtcrime.securesms", "Signal", None, "messenger", 0, f"/{SIGNAL}"),
            (None, "WhatsApp", None, "messenger", 0, f"/{BACKUP}"),
            ("com.example.camera", None, "3", None, 0, "/system/packages.xml"),
            ("org.thoughtcrime.securesms", "Signal", "1400", "messenger", 0, "/system/packages.xml"),
        ])

    def test_a_locked_database_is_named_with_its_application(self):
        found = self.query("SELECT e.scope, e.scheme, e.certainty, f.path FROM v_encryption e JOIN v_file f ON f.file_id = "
                           "e.file_id ORDER BY f.path, e.scope DESC")
        self.assertEqual([tuple(row.values()) for row in found],
                         [(scope, scheme, "statistics", f"/{path}")
                          for scheme, path in (("SQLCipher, of Signal", SIGNAL), ("encrypted backup, of WhatsApp", BACKUP))
                          for scope in ("file", "app")])
        reasons = [row["reason"] for row in self.query("SELECT reason FROM v_not_examined WHERE what = 'content'")]
        self.assertIn("encrypted: SQLCipher, of Signal", reasons)

    def test_facts_and_networks_without_their_keys(self):
        facts = {(row["key"], row["value"]) for row in self.query("SELECT key, value FROM v_device")}
        self.assertLessEqual({("host_name", "Telefoon van Anna"), ("model", "Fiets 7"), ("os", "Android"),
                              ("os_version", "14")}, facts)
        networks = self.query("SELECT kind, name FROM v_connection")
        self.assertEqual([tuple(row.values()) for row in networks], [("wifi", "Thuis")])
        for file in (self.scratch.path / "run").rglob("*"):
            if file.is_file():
                self.assertNotIn(b"geheim-woord", file.read_bytes(), file)


if __name__ == "__main__":
    unittest.main()
