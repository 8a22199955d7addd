// Reading a registry that has nothing for us: missing keys and values, bad handles.
#include "check.h"

static HKEY open(const char *name, HKEY root, const char *path) {
    HKEY key = NULL;
    LONG error = RegOpenKeyExA(root, path, 0, KEY_READ, &key);
    printf("%s: %ld\n", name, error);
    return error ? NULL : key;
}

int main(void) {
    open("missing", HKEY_CURRENT_USER, "Software\\Exeunt\\None");
    open("missing in the machine's part", HKEY_LOCAL_MACHINE, "SOFTWARE\\Exeunt\\None");
    open("missing classes", HKEY_CLASSES_ROOT, ".exeunt-none");
    HKEY key = open("the user's software", HKEY_CURRENT_USER, "Software");
    char data[16];
    DWORD type, size = sizeof data;
    NUM("missing value", RegQueryValueExA(key, "ExeuntNone", NULL, &type, (BYTE *)data, &size));
    HKEY below;
    NUM("missing key below", RegOpenKeyExA(key, "Exeunt-None", 0, KEY_READ, &below));
    NUM("close", RegCloseKey(key));
    NUM("close again", RegCloseKey(key));
    NUM("closing a predefined key", RegCloseKey(HKEY_CURRENT_USER));
    NUM("NULL", RegQueryValueExA(NULL, "x", NULL, NULL, NULL, NULL));
    NUM("a bad handle", RegQueryValueExA((HKEY)(ULONG_PTR)0xabcd0, "x", NULL, NULL, NULL, NULL));
    key = open("a predefined key itself", HKEY_CURRENT_USER, NULL);
    NUM("close", RegCloseKey(key));
    NUM("RegGetValue missing", RegGetValueA(HKEY_CURRENT_USER, "Software\\Exeunt\\None", "x", RRF_RT_ANY, NULL, NULL, NULL));
    NUM("RegEnumKey past the end", RegEnumKeyA(HKEY_CURRENT_USER, 1000000, data, sizeof data));
    return 0;
}
