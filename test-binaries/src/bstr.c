// Automation's strings and variants: lengths before the text, embedded zeros, copies, conversions.
#include "check.h"
#include <oleauto.h>
#include <string.h>
#include <wchar.h>

static void change(const char *name, VARIANT *v, VARTYPE type) {
    VARIANT out;
    VariantInit(&out);
    HRESULT hr = VariantChangeType(&out, v, 0, type);
    if (hr != S_OK) {
        HEX(name, hr);
        return;
    }
    if (type == VT_BSTR)
        WSTR(name, out.bstrVal);
    else if (type == VT_R8)
        printf("%s: %.4f\n", name, out.dblVal);
    else if (type == VT_BOOL)
        NUM(name, out.boolVal);
    else
        NUM(name, out.lVal);
    VariantClear(&out);
}

int main(void) {
    BSTR s = SysAllocString(L"text");
    WSTR("SysAllocString", s);
    NUM("SysStringLen", SysStringLen(s));
    NUM("SysStringByteLen", SysStringByteLen(s));
    NUM("the length stands before the text", ((DWORD *)(void *)s)[-1]);
    SysFreeString(s);
    SysFreeString(NULL);
    NUM("of NULL", SysAllocString(NULL) == NULL);
    NUM("length of NULL", SysStringLen(NULL));
    s = SysAllocStringLen(L"a\0b", 3);
    NUM("with a zero inside", SysStringLen(s) == 3 && s[1] == 0 && s[2] == 'b' && s[3] == 0);
    NUM("SysReAllocString", SysReAllocString(&s, L"replaced"));
    WSTR("is", s);
    NUM("SysReAllocStringLen", SysReAllocStringLen(&s, L"shorter", 5));
    WSTR("is", s);
    SysFreeString(s);
    s = SysAllocStringLen(NULL, 4);
    NUM("without text", SysStringLen(s) == 4 && s[4] == 0);
    SysFreeString(s);
    s = SysAllocStringByteLen("odd", 3);
    NUM("of bytes", SysStringByteLen(s) == 3 && SysStringLen(s) == 1 && !memcmp(s, "odd", 4));
    SysFreeString(s);
    s = SysAllocString(L"");
    NUM("empty is not NULL", s != NULL && SysStringLen(s) == 0);
    SysFreeString(s);

    VARIANT v, w;
    VariantInit(&v);
    NUM("VariantInit", v.vt);
    v.vt = VT_I4;
    v.lVal = 42;
    VariantInit(&w);
    HEX("VariantCopy", VariantCopy(&w, &v));
    NUM("copied", w.vt == VT_I4 && w.lVal == 42);
    change("a number to text", &v, VT_BSTR);
    change("a number to a double", &v, VT_R8);
    change("a number to a truth value", &v, VT_BOOL);
    v.vt = VT_BSTR;
    v.bstrVal = SysAllocString(L" 123 ");
    change("text to a number", &v, VT_I4);
    HEX("VariantCopy of text", VariantCopy(&w, &v));
    NUM("is a copy", w.bstrVal != v.bstrVal && !wcscmp(w.bstrVal, v.bstrVal));
    HEX("VariantClear", VariantClear(&v));
    NUM("is empty", v.vt);
    HEX("VariantClear", VariantClear(&w));
    v.vt = VT_BSTR;
    v.bstrVal = SysAllocString(L"words");
    change("words to a number", &v, VT_I4);
    VariantClear(&v);
    v.vt = VT_BOOL;
    v.boolVal = VARIANT_TRUE;
    change("true to a number", &v, VT_I4);
    v.vt = 0x0fff;
    HEX("VariantClear of nonsense", VariantClear(&v));
    return 0;
}
