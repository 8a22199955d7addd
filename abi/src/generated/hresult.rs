//! The values of `HRESULT` by Microsoft's names. Generated from Microsoft's metadata by `cargo xtask codegen`.

use crate::status::HRESULT;

impl HRESULT {
    pub const S_OK: Self = Self(0x00000000);
    pub const SEC_E_OK: Self = Self(0x00000000);
    pub const S_FALSE: Self = Self(0x00000001);
    pub const STG_S_CONVERTED: Self = Self(0x00030200);
    pub const STG_S_BLOCK: Self = Self(0x00030201);
    pub const STG_S_RETRYNOW: Self = Self(0x00030202);
    pub const STG_S_MONITORING: Self = Self(0x00030203);
    pub const STG_S_MULTIPLEOPENS: Self = Self(0x00030204);
    pub const STG_S_CONSOLIDATIONFAILED: Self = Self(0x00030205);
    pub const STG_S_CANNOTCONSOLIDATE: Self = Self(0x00030206);
    pub const STG_S_POWER_CYCLE_REQUIRED: Self = Self(0x00030207);
    pub const OLE_S_USEREG: Self = Self(0x00040000);
    pub const OLE_S_STATIC: Self = Self(0x00040001);
    pub const OLE_S_MAC_CLIPFORMAT: Self = Self(0x00040002);
    pub const MK_S_REDUCED_TO_SELF: Self = Self(0x000401E2);
    pub const MK_S_ME: Self = Self(0x000401E4);
    pub const MK_S_HIM: Self = Self(0x000401E5);
    pub const MK_S_US: Self = Self(0x000401E6);
    pub const MK_S_MONIKERALREADYREGISTERED: Self = Self(0x000401E7);
    pub const CO_S_NOTALLINTERFACES: Self = Self(0x00080012);
    pub const CO_S_MACHINENAMENOTFOUND: Self = Self(0x00080013);
    pub const SEC_I_CONTINUE_NEEDED: Self = Self(0x00090312);
    pub const SEC_I_COMPLETE_NEEDED: Self = Self(0x00090313);
    pub const SEC_I_COMPLETE_AND_CONTINUE: Self = Self(0x00090314);
    pub const SEC_I_LOCAL_LOGON: Self = Self(0x00090315);
    pub const SEC_I_GENERIC_EXTENSION_RECEIVED: Self = Self(0x00090316);
    pub const SEC_I_CONTEXT_EXPIRED: Self = Self(0x00090317);
    pub const SEC_I_INCOMPLETE_CREDENTIALS: Self = Self(0x00090320);
    pub const SEC_I_RENEGOTIATE: Self = Self(0x00090321);
    pub const SEC_I_NO_LSA_CONTEXT: Self = Self(0x00090323);
    pub const SEC_I_SIGNATURE_NEEDED: Self = Self(0x0009035C);
    pub const SEC_I_NO_RENEGOTIATION: Self = Self(0x00090360);
    pub const SEC_I_MESSAGE_FRAGMENT: Self = Self(0x00090364);
    pub const SEC_I_CONTINUE_NEEDED_MESSAGE_OK: Self = Self(0x00090366);
    pub const SEC_I_ASYNC_CALL_PENDING: Self = Self(0x00090368);
    pub const S_STORE_LAUNCHED_FOR_REMEDIATION: Self = Self(0x00270258);
    pub const S_APPLICATION_ACTIVATION_ERROR_HANDLED_BY_DIALOG: Self = Self(0x00270259);
    pub const E_BOUNDS: Self = Self(0x8000000B);
    pub const E_CHANGED_STATE: Self = Self(0x8000000C);
    pub const E_ILLEGAL_STATE_CHANGE: Self = Self(0x8000000D);
    pub const E_ILLEGAL_METHOD_CALL: Self = Self(0x8000000E);
    pub const RO_E_METADATA_NAME_NOT_FOUND: Self = Self(0x8000000F);
    pub const RO_E_METADATA_NAME_IS_NAMESPACE: Self = Self(0x80000010);
    pub const RO_E_METADATA_INVALID_TYPE_FORMAT: Self = Self(0x80000011);
    pub const RO_E_INVALID_METADATA_FILE: Self = Self(0x80000012);
    pub const RO_E_CLOSED: Self = Self(0x80000013);
    pub const RO_E_EXCLUSIVE_WRITE: Self = Self(0x80000014);
    pub const RO_E_CHANGE_NOTIFICATION_IN_PROGRESS: Self = Self(0x80000015);
    pub const RO_E_ERROR_STRING_NOT_FOUND: Self = Self(0x80000016);
    pub const E_STRING_NOT_NULL_TERMINATED: Self = Self(0x80000017);
    pub const E_ILLEGAL_DELEGATE_ASSIGNMENT: Self = Self(0x80000018);
    pub const E_ASYNC_OPERATION_NOT_STARTED: Self = Self(0x80000019);
    pub const E_APPLICATION_EXITING: Self = Self(0x8000001A);
    pub const E_APPLICATION_VIEW_EXITING: Self = Self(0x8000001B);
    pub const RO_E_MUST_BE_AGILE: Self = Self(0x8000001C);
    pub const RO_E_UNSUPPORTED_FROM_MTA: Self = Self(0x8000001D);
    pub const RO_E_COMMITTED: Self = Self(0x8000001E);
    pub const RO_E_BLOCKED_CROSS_ASTA_CALL: Self = Self(0x8000001F);
    pub const RO_E_CANNOT_ACTIVATE_FULL_TRUST_SERVER: Self = Self(0x80000020);
    pub const RO_E_CANNOT_ACTIVATE_UNIVERSAL_APPLICATION_SERVER: Self = Self(0x80000021);
    pub const E_NOTIMPL: Self = Self(0x80004001);
    pub const E_NOINTERFACE: Self = Self(0x80004002);
    pub const E_POINTER: Self = Self(0x80004003);
    pub const E_ABORT: Self = Self(0x80004004);
    pub const E_FAIL: Self = Self(0x80004005);
    pub const CO_E_INIT_TLS: Self = Self(0x80004006);
    pub const CO_E_INIT_SHARED_ALLOCATOR: Self = Self(0x80004007);
    pub const CO_E_INIT_MEMORY_ALLOCATOR: Self = Self(0x80004008);
    pub const CO_E_INIT_CLASS_CACHE: Self = Self(0x80004009);
    pub const CO_E_INIT_RPC_CHANNEL: Self = Self(0x8000400A);
    pub const CO_E_INIT_TLS_SET_CHANNEL_CONTROL: Self = Self(0x8000400B);
    pub const CO_E_INIT_TLS_CHANNEL_CONTROL: Self = Self(0x8000400C);
    pub const CO_E_INIT_UNACCEPTED_USER_ALLOCATOR: Self = Self(0x8000400D);
    pub const CO_E_INIT_SCM_MUTEX_EXISTS: Self = Self(0x8000400E);
    pub const CO_E_INIT_SCM_FILE_MAPPING_EXISTS: Self = Self(0x8000400F);
    pub const CO_E_INIT_SCM_MAP_VIEW_OF_FILE: Self = Self(0x80004010);
    pub const CO_E_INIT_SCM_EXEC_FAILURE: Self = Self(0x80004011);
    pub const CO_E_INIT_ONLY_SINGLE_THREADED: Self = Self(0x80004012);
    pub const CO_E_CANT_REMOTE: Self = Self(0x80004013);
    pub const CO_E_BAD_SERVER_NAME: Self = Self(0x80004014);
    pub const CO_E_WRONG_SERVER_IDENTITY: Self = Self(0x80004015);
    pub const CO_E_OLE1DDE_DISABLED: Self = Self(0x80004016);
    pub const CO_E_RUNAS_SYNTAX: Self = Self(0x80004017);
    pub const CO_E_CREATEPROCESS_FAILURE: Self = Self(0x80004018);
    pub const CO_E_RUNAS_CREATEPROCESS_FAILURE: Self = Self(0x80004019);
    pub const CO_E_RUNAS_LOGON_FAILURE: Self = Self(0x8000401A);
    pub const CO_E_LAUNCH_PERMSSION_DENIED: Self = Self(0x8000401B);
    pub const CO_E_START_SERVICE_FAILURE: Self = Self(0x8000401C);
    pub const CO_E_REMOTE_COMMUNICATION_FAILURE: Self = Self(0x8000401D);
    pub const CO_E_SERVER_START_TIMEOUT: Self = Self(0x8000401E);
    pub const CO_E_CLSREG_INCONSISTENT: Self = Self(0x8000401F);
    pub const CO_E_IIDREG_INCONSISTENT: Self = Self(0x80004020);
    pub const CO_E_NOT_SUPPORTED: Self = Self(0x80004021);
    pub const CO_E_RELOAD_DLL: Self = Self(0x80004022);
    pub const CO_E_MSI_ERROR: Self = Self(0x80004023);
    pub const CO_E_ATTEMPT_TO_CREATE_OUTSIDE_CLIENT_CONTEXT: Self = Self(0x80004024);
    pub const CO_E_SERVER_PAUSED: Self = Self(0x80004025);
    pub const CO_E_SERVER_NOT_PAUSED: Self = Self(0x80004026);
    pub const CO_E_CLASS_DISABLED: Self = Self(0x80004027);
    pub const CO_E_CLRNOTAVAILABLE: Self = Self(0x80004028);
    pub const CO_E_ASYNC_WORK_REJECTED: Self = Self(0x80004029);
    pub const CO_E_SERVER_INIT_TIMEOUT: Self = Self(0x8000402A);
    pub const CO_E_NO_SECCTX_IN_ACTIVATE: Self = Self(0x8000402B);
    pub const CO_E_TRACKER_CONFIG: Self = Self(0x80004030);
    pub const CO_E_THREADPOOL_CONFIG: Self = Self(0x80004031);
    pub const CO_E_SXS_CONFIG: Self = Self(0x80004032);
    pub const CO_E_MALFORMED_SPN: Self = Self(0x80004033);
    pub const CO_E_UNREVOKED_REGISTRATION_ON_APARTMENT_SHUTDOWN: Self = Self(0x80004034);
    pub const CO_E_PREMATURE_STUB_RUNDOWN: Self = Self(0x80004035);
    pub const E_UNEXPECTED: Self = Self(0x8000FFFF);
    pub const RPC_E_CALL_REJECTED: Self = Self(0x80010001);
    pub const RPC_E_CALL_CANCELED: Self = Self(0x80010002);
    pub const RPC_E_CANTPOST_INSENDCALL: Self = Self(0x80010003);
    pub const RPC_E_CANTCALLOUT_INASYNCCALL: Self = Self(0x80010004);
    pub const RPC_E_CANTCALLOUT_INEXTERNALCALL: Self = Self(0x80010005);
    pub const RPC_E_CONNECTION_TERMINATED: Self = Self(0x80010006);
    pub const RPC_E_SERVER_DIED: Self = Self(0x80010007);
    pub const RPC_E_CLIENT_DIED: Self = Self(0x80010008);
    pub const RPC_E_INVALID_DATAPACKET: Self = Self(0x80010009);
    pub const RPC_E_CANTTRANSMIT_CALL: Self = Self(0x8001000A);
    pub const RPC_E_CLIENT_CANTMARSHAL_DATA: Self = Self(0x8001000B);
    pub const RPC_E_CLIENT_CANTUNMARSHAL_DATA: Self = Self(0x8001000C);
    pub const RPC_E_SERVER_CANTMARSHAL_DATA: Self = Self(0x8001000D);
    pub const RPC_E_SERVER_CANTUNMARSHAL_DATA: Self = Self(0x8001000E);
    pub const RPC_E_INVALID_DATA: Self = Self(0x8001000F);
    pub const RPC_E_INVALID_PARAMETER: Self = Self(0x80010010);
    pub const RPC_E_CANTCALLOUT_AGAIN: Self = Self(0x80010011);
    pub const RPC_E_SERVER_DIED_DNE: Self = Self(0x80010012);
    pub const RPC_E_SYS_CALL_FAILED: Self = Self(0x80010100);
    pub const RPC_E_OUT_OF_RESOURCES: Self = Self(0x80010101);
    pub const RPC_E_ATTEMPTED_MULTITHREAD: Self = Self(0x80010102);
    pub const RPC_E_NOT_REGISTERED: Self = Self(0x80010103);
    pub const RPC_E_FAULT: Self = Self(0x80010104);
    pub const RPC_E_SERVERFAULT: Self = Self(0x80010105);
    pub const RPC_E_CHANGED_MODE: Self = Self(0x80010106);
    pub const RPC_E_INVALIDMETHOD: Self = Self(0x80010107);
    pub const RPC_E_DISCONNECTED: Self = Self(0x80010108);
    pub const RPC_E_RETRY: Self = Self(0x80010109);
    pub const RPC_E_SERVERCALL_RETRYLATER: Self = Self(0x8001010A);
    pub const RPC_E_SERVERCALL_REJECTED: Self = Self(0x8001010B);
    pub const RPC_E_INVALID_CALLDATA: Self = Self(0x8001010C);
    pub const RPC_E_CANTCALLOUT_ININPUTSYNCCALL: Self = Self(0x8001010D);
    pub const RPC_E_WRONG_THREAD: Self = Self(0x8001010E);
    pub const RPC_E_THREAD_NOT_INIT: Self = Self(0x8001010F);
    pub const RPC_E_VERSION_MISMATCH: Self = Self(0x80010110);
    pub const RPC_E_INVALID_HEADER: Self = Self(0x80010111);
    pub const RPC_E_INVALID_EXTENSION: Self = Self(0x80010112);
    pub const RPC_E_INVALID_IPID: Self = Self(0x80010113);
    pub const RPC_E_INVALID_OBJECT: Self = Self(0x80010114);
    pub const RPC_S_CALLPENDING: Self = Self(0x80010115);
    pub const RPC_S_WAITONTIMER: Self = Self(0x80010116);
    pub const RPC_E_CALL_COMPLETE: Self = Self(0x80010117);
    pub const RPC_E_UNSECURE_CALL: Self = Self(0x80010118);
    pub const RPC_E_TOO_LATE: Self = Self(0x80010119);
    pub const RPC_E_NO_GOOD_SECURITY_PACKAGES: Self = Self(0x8001011A);
    pub const RPC_E_ACCESS_DENIED: Self = Self(0x8001011B);
    pub const RPC_E_REMOTE_DISABLED: Self = Self(0x8001011C);
    pub const RPC_E_INVALID_OBJREF: Self = Self(0x8001011D);
    pub const RPC_E_NO_CONTEXT: Self = Self(0x8001011E);
    pub const RPC_E_TIMEOUT: Self = Self(0x8001011F);
    pub const RPC_E_NO_SYNC: Self = Self(0x80010120);
    pub const RPC_E_FULLSIC_REQUIRED: Self = Self(0x80010121);
    pub const RPC_E_INVALID_STD_NAME: Self = Self(0x80010122);
    pub const CO_E_FAILEDTOIMPERSONATE: Self = Self(0x80010123);
    pub const CO_E_FAILEDTOGETSECCTX: Self = Self(0x80010124);
    pub const CO_E_FAILEDTOOPENTHREADTOKEN: Self = Self(0x80010125);
    pub const CO_E_FAILEDTOGETTOKENINFO: Self = Self(0x80010126);
    pub const CO_E_TRUSTEEDOESNTMATCHCLIENT: Self = Self(0x80010127);
    pub const CO_E_FAILEDTOQUERYCLIENTBLANKET: Self = Self(0x80010128);
    pub const CO_E_FAILEDTOSETDACL: Self = Self(0x80010129);
    pub const CO_E_ACCESSCHECKFAILED: Self = Self(0x8001012A);
    pub const CO_E_NETACCESSAPIFAILED: Self = Self(0x8001012B);
    pub const CO_E_WRONGTRUSTEENAMESYNTAX: Self = Self(0x8001012C);
    pub const CO_E_INVALIDSID: Self = Self(0x8001012D);
    pub const CO_E_CONVERSIONFAILED: Self = Self(0x8001012E);
    pub const CO_E_NOMATCHINGSIDFOUND: Self = Self(0x8001012F);
    pub const CO_E_LOOKUPACCSIDFAILED: Self = Self(0x80010130);
    pub const CO_E_NOMATCHINGNAMEFOUND: Self = Self(0x80010131);
    pub const CO_E_LOOKUPACCNAMEFAILED: Self = Self(0x80010132);
    pub const CO_E_SETSERLHNDLFAILED: Self = Self(0x80010133);
    pub const CO_E_FAILEDTOGETWINDIR: Self = Self(0x80010134);
    pub const CO_E_PATHTOOLONG: Self = Self(0x80010135);
    pub const CO_E_FAILEDTOGENUUID: Self = Self(0x80010136);
    pub const CO_E_FAILEDTOCREATEFILE: Self = Self(0x80010137);
    pub const CO_E_FAILEDTOCLOSEHANDLE: Self = Self(0x80010138);
    pub const CO_E_EXCEEDSYSACLLIMIT: Self = Self(0x80010139);
    pub const CO_E_ACESINWRONGORDER: Self = Self(0x8001013A);
    pub const CO_E_INCOMPATIBLESTREAMVERSION: Self = Self(0x8001013B);
    pub const CO_E_FAILEDTOOPENPROCESSTOKEN: Self = Self(0x8001013C);
    pub const CO_E_DECODEFAILED: Self = Self(0x8001013D);
    pub const CO_E_ACNOTINITIALIZED: Self = Self(0x8001013F);
    pub const CO_E_CANCEL_DISABLED: Self = Self(0x80010140);
    pub const RPC_E_UNEXPECTED: Self = Self(0x8001FFFF);
    pub const DISP_E_UNKNOWNINTERFACE: Self = Self(0x80020001);
    pub const DISP_E_MEMBERNOTFOUND: Self = Self(0x80020003);
    pub const DISP_E_PARAMNOTFOUND: Self = Self(0x80020004);
    pub const DISP_E_TYPEMISMATCH: Self = Self(0x80020005);
    pub const DISP_E_UNKNOWNNAME: Self = Self(0x80020006);
    pub const DISP_E_NONAMEDARGS: Self = Self(0x80020007);
    pub const DISP_E_BADVARTYPE: Self = Self(0x80020008);
    pub const DISP_E_EXCEPTION: Self = Self(0x80020009);
    pub const DISP_E_OVERFLOW: Self = Self(0x8002000A);
    pub const DISP_E_BADINDEX: Self = Self(0x8002000B);
    pub const DISP_E_UNKNOWNLCID: Self = Self(0x8002000C);
    pub const DISP_E_ARRAYISLOCKED: Self = Self(0x8002000D);
    pub const DISP_E_BADPARAMCOUNT: Self = Self(0x8002000E);
    pub const DISP_E_PARAMNOTOPTIONAL: Self = Self(0x8002000F);
    pub const DISP_E_BADCALLEE: Self = Self(0x80020010);
    pub const DISP_E_NOTACOLLECTION: Self = Self(0x80020011);
    pub const DISP_E_DIVBYZERO: Self = Self(0x80020012);
    pub const DISP_E_BUFFERTOOSMALL: Self = Self(0x80020013);
    pub const TYPE_E_BUFFERTOOSMALL: Self = Self(0x80028016);
    pub const TYPE_E_FIELDNOTFOUND: Self = Self(0x80028017);
    pub const TYPE_E_INVDATAREAD: Self = Self(0x80028018);
    pub const TYPE_E_UNSUPFORMAT: Self = Self(0x80028019);
    pub const TYPE_E_REGISTRYACCESS: Self = Self(0x8002801C);
    pub const TYPE_E_LIBNOTREGISTERED: Self = Self(0x8002801D);
    pub const TYPE_E_UNDEFINEDTYPE: Self = Self(0x80028027);
    pub const TYPE_E_QUALIFIEDNAMEDISALLOWED: Self = Self(0x80028028);
    pub const TYPE_E_INVALIDSTATE: Self = Self(0x80028029);
    pub const TYPE_E_WRONGTYPEKIND: Self = Self(0x8002802A);
    pub const TYPE_E_ELEMENTNOTFOUND: Self = Self(0x8002802B);
    pub const TYPE_E_AMBIGUOUSNAME: Self = Self(0x8002802C);
    pub const TYPE_E_NAMECONFLICT: Self = Self(0x8002802D);
    pub const TYPE_E_UNKNOWNLCID: Self = Self(0x8002802E);
    pub const TYPE_E_DLLFUNCTIONNOTFOUND: Self = Self(0x8002802F);
    pub const TYPE_E_BADMODULEKIND: Self = Self(0x800288BD);
    pub const TYPE_E_SIZETOOBIG: Self = Self(0x800288C5);
    pub const TYPE_E_DUPLICATEID: Self = Self(0x800288C6);
    pub const TYPE_E_INVALIDID: Self = Self(0x800288CF);
    pub const TYPE_E_TYPEMISMATCH: Self = Self(0x80028CA0);
    pub const TYPE_E_OUTOFBOUNDS: Self = Self(0x80028CA1);
    pub const TYPE_E_IOERROR: Self = Self(0x80028CA2);
    pub const TYPE_E_CANTCREATETMPFILE: Self = Self(0x80028CA3);
    pub const TYPE_E_CANTLOADLIBRARY: Self = Self(0x80029C4A);
    pub const TYPE_E_INCONSISTENTPROPFUNCS: Self = Self(0x80029C83);
    pub const TYPE_E_CIRCULARTYPE: Self = Self(0x80029C84);
    pub const STG_E_INVALIDFUNCTION: Self = Self(0x80030001);
    pub const STG_E_FILENOTFOUND: Self = Self(0x80030002);
    pub const STG_E_PATHNOTFOUND: Self = Self(0x80030003);
    pub const STG_E_TOOMANYOPENFILES: Self = Self(0x80030004);
    pub const STG_E_ACCESSDENIED: Self = Self(0x80030005);
    pub const STG_E_INVALIDHANDLE: Self = Self(0x80030006);
    pub const STG_E_INSUFFICIENTMEMORY: Self = Self(0x80030008);
    pub const STG_E_INVALIDPOINTER: Self = Self(0x80030009);
    pub const STG_E_NOMOREFILES: Self = Self(0x80030012);
    pub const STG_E_DISKISWRITEPROTECTED: Self = Self(0x80030013);
    pub const STG_E_SEEKERROR: Self = Self(0x80030019);
    pub const STG_E_WRITEFAULT: Self = Self(0x8003001D);
    pub const STG_E_READFAULT: Self = Self(0x8003001E);
    pub const STG_E_SHAREVIOLATION: Self = Self(0x80030020);
    pub const STG_E_LOCKVIOLATION: Self = Self(0x80030021);
    pub const STG_E_FILEALREADYEXISTS: Self = Self(0x80030050);
    pub const STG_E_INVALIDPARAMETER: Self = Self(0x80030057);
    pub const STG_E_MEDIUMFULL: Self = Self(0x80030070);
    pub const STG_E_PROPSETMISMATCHED: Self = Self(0x800300F0);
    pub const STG_E_ABNORMALAPIEXIT: Self = Self(0x800300FA);
    pub const STG_E_INVALIDHEADER: Self = Self(0x800300FB);
    pub const STG_E_INVALIDNAME: Self = Self(0x800300FC);
    pub const STG_E_UNKNOWN: Self = Self(0x800300FD);
    pub const STG_E_UNIMPLEMENTEDFUNCTION: Self = Self(0x800300FE);
    pub const STG_E_INVALIDFLAG: Self = Self(0x800300FF);
    pub const STG_E_INUSE: Self = Self(0x80030100);
    pub const STG_E_NOTCURRENT: Self = Self(0x80030101);
    pub const STG_E_REVERTED: Self = Self(0x80030102);
    pub const STG_E_CANTSAVE: Self = Self(0x80030103);
    pub const STG_E_OLDFORMAT: Self = Self(0x80030104);
    pub const STG_E_OLDDLL: Self = Self(0x80030105);
    pub const STG_E_SHAREREQUIRED: Self = Self(0x80030106);
    pub const STG_E_NOTFILEBASEDSTORAGE: Self = Self(0x80030107);
    pub const STG_E_EXTANTMARSHALLINGS: Self = Self(0x80030108);
    pub const STG_E_DOCFILECORRUPT: Self = Self(0x80030109);
    pub const STG_E_BADBASEADDRESS: Self = Self(0x80030110);
    pub const STG_E_DOCFILETOOLARGE: Self = Self(0x80030111);
    pub const STG_E_NOTSIMPLEFORMAT: Self = Self(0x80030112);
    pub const STG_E_INCOMPLETE: Self = Self(0x80030201);
    pub const STG_E_TERMINATED: Self = Self(0x80030202);
    pub const STG_E_FIRMWARE_SLOT_INVALID: Self = Self(0x80030208);
    pub const STG_E_FIRMWARE_IMAGE_INVALID: Self = Self(0x80030209);
    pub const STG_E_DEVICE_UNRESPONSIVE: Self = Self(0x8003020A);
    pub const STG_E_STATUS_COPY_PROTECTION_FAILURE: Self = Self(0x80030305);
    pub const STG_E_CSS_AUTHENTICATION_FAILURE: Self = Self(0x80030306);
    pub const STG_E_CSS_KEY_NOT_PRESENT: Self = Self(0x80030307);
    pub const STG_E_CSS_KEY_NOT_ESTABLISHED: Self = Self(0x80030308);
    pub const STG_E_CSS_SCRAMBLED_SECTOR: Self = Self(0x80030309);
    pub const STG_E_CSS_REGION_MISMATCH: Self = Self(0x8003030A);
    pub const STG_E_RESETS_EXHAUSTED: Self = Self(0x8003030B);
    pub const OLE_E_OLEVERB: Self = Self(0x80040000);
    pub const OLE_E_ADVF: Self = Self(0x80040001);
    pub const OLE_E_ENUM_NOMORE: Self = Self(0x80040002);
    pub const OLE_E_ADVISENOTSUPPORTED: Self = Self(0x80040003);
    pub const OLE_E_NOCONNECTION: Self = Self(0x80040004);
    pub const OLE_E_NOTRUNNING: Self = Self(0x80040005);
    pub const OLE_E_NOCACHE: Self = Self(0x80040006);
    pub const OLE_E_BLANK: Self = Self(0x80040007);
    pub const OLE_E_CLASSDIFF: Self = Self(0x80040008);
    pub const OLE_E_CANT_GETMONIKER: Self = Self(0x80040009);
    pub const OLE_E_CANT_BINDTOSOURCE: Self = Self(0x8004000A);
    pub const OLE_E_STATIC: Self = Self(0x8004000B);
    pub const OLE_E_PROMPTSAVECANCELLED: Self = Self(0x8004000C);
    pub const OLE_E_INVALIDRECT: Self = Self(0x8004000D);
    pub const OLE_E_WRONGCOMPOBJ: Self = Self(0x8004000E);
    pub const OLE_E_INVALIDHWND: Self = Self(0x8004000F);
    pub const OLE_E_NOT_INPLACEACTIVE: Self = Self(0x80040010);
    pub const OLE_E_CANTCONVERT: Self = Self(0x80040011);
    pub const OLE_E_NOSTORAGE: Self = Self(0x80040012);
    pub const DRAGDROP_E_NOTREGISTERED: Self = Self(0x80040100);
    pub const DRAGDROP_E_ALREADYREGISTERED: Self = Self(0x80040101);
    pub const DRAGDROP_E_INVALIDHWND: Self = Self(0x80040102);
    pub const DRAGDROP_E_CONCURRENT_DRAG_ATTEMPTED: Self = Self(0x80040103);
    pub const CLASS_E_NOAGGREGATION: Self = Self(0x80040110);
    pub const CLASS_E_CLASSNOTAVAILABLE: Self = Self(0x80040111);
    pub const CLASS_E_NOTLICENSED: Self = Self(0x80040112);
    pub const VIEW_E_DRAW: Self = Self(0x80040140);
    pub const REGDB_E_READREGDB: Self = Self(0x80040150);
    pub const REGDB_E_WRITEREGDB: Self = Self(0x80040151);
    pub const REGDB_E_KEYMISSING: Self = Self(0x80040152);
    pub const REGDB_E_INVALIDVALUE: Self = Self(0x80040153);
    pub const REGDB_E_CLASSNOTREG: Self = Self(0x80040154);
    pub const REGDB_E_IIDNOTREG: Self = Self(0x80040155);
    pub const REGDB_E_BADTHREADINGMODEL: Self = Self(0x80040156);
    pub const REGDB_E_PACKAGEPOLICYVIOLATION: Self = Self(0x80040157);
    pub const CACHE_E_NOCACHE_UPDATED: Self = Self(0x80040170);
    pub const INPLACE_E_NOTUNDOABLE: Self = Self(0x800401A0);
    pub const INPLACE_E_NOTOOLSPACE: Self = Self(0x800401A1);
    pub const CONVERT10_E_OLESTREAM_GET: Self = Self(0x800401C0);
    pub const CONVERT10_E_OLESTREAM_PUT: Self = Self(0x800401C1);
    pub const CONVERT10_E_OLESTREAM_FMT: Self = Self(0x800401C2);
    pub const CONVERT10_E_OLESTREAM_BITMAP_TO_DIB: Self = Self(0x800401C3);
    pub const CONVERT10_E_STG_FMT: Self = Self(0x800401C4);
    pub const CONVERT10_E_STG_NO_STD_STREAM: Self = Self(0x800401C5);
    pub const CONVERT10_E_STG_DIB_TO_BITMAP: Self = Self(0x800401C6);
    pub const CONVERT10_E_OLELINK_DISABLED: Self = Self(0x800401C7);
    pub const MK_E_CONNECTMANUALLY: Self = Self(0x800401E0);
    pub const MK_E_EXCEEDEDDEADLINE: Self = Self(0x800401E1);
    pub const MK_E_NEEDGENERIC: Self = Self(0x800401E2);
    pub const MK_E_UNAVAILABLE: Self = Self(0x800401E3);
    pub const MK_E_SYNTAX: Self = Self(0x800401E4);
    pub const MK_E_NOOBJECT: Self = Self(0x800401E5);
    pub const MK_E_INVALIDEXTENSION: Self = Self(0x800401E6);
    pub const MK_E_INTERMEDIATEINTERFACENOTSUPPORTED: Self = Self(0x800401E7);
    pub const MK_E_NOTBINDABLE: Self = Self(0x800401E8);
    pub const MK_E_NOTBOUND: Self = Self(0x800401E9);
    pub const MK_E_CANTOPENFILE: Self = Self(0x800401EA);
    pub const MK_E_MUSTBOTHERUSER: Self = Self(0x800401EB);
    pub const MK_E_NOINVERSE: Self = Self(0x800401EC);
    pub const MK_E_NOSTORAGE: Self = Self(0x800401ED);
    pub const MK_E_NOPREFIX: Self = Self(0x800401EE);
    pub const MK_E_ENUMERATION_FAILED: Self = Self(0x800401EF);
    pub const CO_E_NOTINITIALIZED: Self = Self(0x800401F0);
    pub const CO_E_ALREADYINITIALIZED: Self = Self(0x800401F1);
    pub const CO_E_CANTDETERMINECLASS: Self = Self(0x800401F2);
    pub const CO_E_CLASSSTRING: Self = Self(0x800401F3);
    pub const CO_E_IIDSTRING: Self = Self(0x800401F4);
    pub const CO_E_APPNOTFOUND: Self = Self(0x800401F5);
    pub const CO_E_APPSINGLEUSE: Self = Self(0x800401F6);
    pub const CO_E_ERRORINAPP: Self = Self(0x800401F7);
    pub const CO_E_DLLNOTFOUND: Self = Self(0x800401F8);
    pub const CO_E_ERRORINDLL: Self = Self(0x800401F9);
    pub const CO_E_WRONGOSFORAPP: Self = Self(0x800401FA);
    pub const CO_E_OBJNOTREG: Self = Self(0x800401FB);
    pub const CO_E_OBJISREG: Self = Self(0x800401FC);
    pub const CO_E_OBJNOTCONNECTED: Self = Self(0x800401FD);
    pub const CO_E_APPDIDNTREG: Self = Self(0x800401FE);
    pub const CO_E_RELEASED: Self = Self(0x800401FF);
    pub const SCHED_E_TRIGGER_NOT_FOUND: Self = Self(0x80041309);
    pub const SCHED_E_TASK_NOT_READY: Self = Self(0x8004130A);
    pub const SCHED_E_TASK_NOT_RUNNING: Self = Self(0x8004130B);
    pub const SCHED_E_SERVICE_NOT_INSTALLED: Self = Self(0x8004130C);
    pub const SCHED_E_CANNOT_OPEN_TASK: Self = Self(0x8004130D);
    pub const SCHED_E_INVALID_TASK: Self = Self(0x8004130E);
    pub const SCHED_E_ACCOUNT_INFORMATION_NOT_SET: Self = Self(0x8004130F);
    pub const SCHED_E_ACCOUNT_NAME_NOT_FOUND: Self = Self(0x80041310);
    pub const SCHED_E_ACCOUNT_DBASE_CORRUPT: Self = Self(0x80041311);
    pub const SCHED_E_NO_SECURITY_SERVICES: Self = Self(0x80041312);
    pub const SCHED_E_UNKNOWN_OBJECT_VERSION: Self = Self(0x80041313);
    pub const SCHED_E_UNSUPPORTED_ACCOUNT_OPTION: Self = Self(0x80041314);
    pub const SCHED_E_SERVICE_NOT_RUNNING: Self = Self(0x80041315);
    pub const SCHED_E_UNEXPECTEDNODE: Self = Self(0x80041316);
    pub const SCHED_E_NAMESPACE: Self = Self(0x80041317);
    pub const SCHED_E_INVALIDVALUE: Self = Self(0x80041318);
    pub const SCHED_E_MISSINGNODE: Self = Self(0x80041319);
    pub const SCHED_E_MALFORMEDXML: Self = Self(0x8004131A);
    pub const SCHED_E_TOO_MANY_NODES: Self = Self(0x8004131D);
    pub const SCHED_E_PAST_END_BOUNDARY: Self = Self(0x8004131E);
    pub const SCHED_E_ALREADY_RUNNING: Self = Self(0x8004131F);
    pub const SCHED_E_USER_NOT_LOGGED_ON: Self = Self(0x80041320);
    pub const SCHED_E_INVALID_TASK_HASH: Self = Self(0x80041321);
    pub const SCHED_E_SERVICE_NOT_AVAILABLE: Self = Self(0x80041322);
    pub const SCHED_E_SERVICE_TOO_BUSY: Self = Self(0x80041323);
    pub const SCHED_E_TASK_ATTEMPTED: Self = Self(0x80041324);
    pub const SCHED_E_TASK_DISABLED: Self = Self(0x80041326);
    pub const SCHED_E_TASK_NOT_V1_COMPAT: Self = Self(0x80041327);
    pub const SCHED_E_START_ON_DEMAND: Self = Self(0x80041328);
    pub const SCHED_E_TASK_NOT_UBPM_COMPAT: Self = Self(0x80041329);
    pub const SCHED_E_DEPRECATED_FEATURE_USED: Self = Self(0x80041330);
    pub const CO_E_ACTIVATIONFAILED: Self = Self(0x8004E021);
    pub const CO_E_ACTIVATIONFAILED_EVENTLOGGED: Self = Self(0x8004E022);
    pub const CO_E_ACTIVATIONFAILED_CATALOGERROR: Self = Self(0x8004E023);
    pub const CO_E_ACTIVATIONFAILED_TIMEOUT: Self = Self(0x8004E024);
    pub const CO_E_INITIALIZATIONFAILED: Self = Self(0x8004E025);
    pub const CO_E_THREADINGMODEL_CHANGED: Self = Self(0x8004E028);
    pub const CO_E_NOIISINTRINSICS: Self = Self(0x8004E029);
    pub const CO_E_NOCOOKIES: Self = Self(0x8004E02A);
    pub const CO_E_DBERROR: Self = Self(0x8004E02B);
    pub const CO_E_NOTPOOLED: Self = Self(0x8004E02C);
    pub const CO_E_NOTCONSTRUCTED: Self = Self(0x8004E02D);
    pub const CO_E_NOSYNCHRONIZATION: Self = Self(0x8004E02E);
    pub const CO_E_ISOLEVELMISMATCH: Self = Self(0x8004E02F);
    pub const CO_E_CALL_OUT_OF_TX_SCOPE_NOT_ALLOWED: Self = Self(0x8004E030);
    pub const CO_E_EXIT_TRANSACTION_SCOPE_NOT_CALLED: Self = Self(0x8004E031);
    pub const E_ACCESSDENIED: Self = Self(0x80070005);
    pub const E_HANDLE: Self = Self(0x80070006);
    pub const E_OUTOFMEMORY: Self = Self(0x8007000E);
    pub const E_INVALIDARG: Self = Self(0x80070057);
    pub const CO_E_CLASS_CREATE_FAILED: Self = Self(0x80080001);
    pub const CO_E_SCM_ERROR: Self = Self(0x80080002);
    pub const CO_E_SCM_RPC_FAILURE: Self = Self(0x80080003);
    pub const CO_E_BAD_PATH: Self = Self(0x80080004);
    pub const CO_E_SERVER_EXEC_FAILURE: Self = Self(0x80080005);
    pub const CO_E_OBJSRV_RPC_FAILURE: Self = Self(0x80080006);
    pub const MK_E_NO_NORMALIZED: Self = Self(0x80080007);
    pub const CO_E_SERVER_STOPPING: Self = Self(0x80080008);
    pub const MEM_E_INVALID_ROOT: Self = Self(0x80080009);
    pub const MEM_E_INVALID_LINK: Self = Self(0x80080010);
    pub const MEM_E_INVALID_SIZE: Self = Self(0x80080011);
    pub const CO_E_MISSING_DISPLAYNAME: Self = Self(0x80080015);
    pub const CO_E_RUNAS_VALUE_MUST_BE_AAA: Self = Self(0x80080016);
    pub const CO_E_ELEVATION_DISABLED: Self = Self(0x80080017);
    pub const APPX_E_PACKAGING_INTERNAL: Self = Self(0x80080200);
    pub const APPX_E_INTERLEAVING_NOT_ALLOWED: Self = Self(0x80080201);
    pub const APPX_E_RELATIONSHIPS_NOT_ALLOWED: Self = Self(0x80080202);
    pub const APPX_E_MISSING_REQUIRED_FILE: Self = Self(0x80080203);
    pub const APPX_E_INVALID_MANIFEST: Self = Self(0x80080204);
    pub const APPX_E_INVALID_BLOCKMAP: Self = Self(0x80080205);
    pub const APPX_E_CORRUPT_CONTENT: Self = Self(0x80080206);
    pub const APPX_E_BLOCK_HASH_INVALID: Self = Self(0x80080207);
    pub const APPX_E_REQUESTED_RANGE_TOO_LARGE: Self = Self(0x80080208);
    pub const APPX_E_INVALID_SIP_CLIENT_DATA: Self = Self(0x80080209);
    pub const APPX_E_INVALID_KEY_INFO: Self = Self(0x8008020A);
    pub const APPX_E_INVALID_CONTENTGROUPMAP: Self = Self(0x8008020B);
    pub const APPX_E_INVALID_APPINSTALLER: Self = Self(0x8008020C);
    pub const APPX_E_DELTA_BASELINE_VERSION_MISMATCH: Self = Self(0x8008020D);
    pub const APPX_E_DELTA_PACKAGE_MISSING_FILE: Self = Self(0x8008020E);
    pub const APPX_E_INVALID_DELTA_PACKAGE: Self = Self(0x8008020F);
    pub const APPX_E_DELTA_APPENDED_PACKAGE_NOT_ALLOWED: Self = Self(0x80080210);
    pub const APPX_E_INVALID_PACKAGING_LAYOUT: Self = Self(0x80080211);
    pub const APPX_E_INVALID_PACKAGESIGNCONFIG: Self = Self(0x80080212);
    pub const APPX_E_RESOURCESPRI_NOT_ALLOWED: Self = Self(0x80080213);
    pub const APPX_E_FILE_COMPRESSION_MISMATCH: Self = Self(0x80080214);
    pub const APPX_E_INVALID_PAYLOAD_PACKAGE_EXTENSION: Self = Self(0x80080215);
    pub const APPX_E_INVALID_ENCRYPTION_EXCLUSION_FILE_LIST: Self = Self(0x80080216);
    pub const APPX_E_INVALID_PACKAGE_FOLDER_ACLS: Self = Self(0x80080217);
    pub const APPX_E_INVALID_PUBLISHER_BRIDGING: Self = Self(0x80080218);
    pub const APPX_E_DIGEST_MISMATCH: Self = Self(0x80080219);
    pub const NTE_BAD_UID: Self = Self(0x80090001);
    pub const NTE_BAD_HASH: Self = Self(0x80090002);
    pub const NTE_BAD_KEY: Self = Self(0x80090003);
    pub const NTE_BAD_LEN: Self = Self(0x80090004);
    pub const NTE_BAD_DATA: Self = Self(0x80090005);
    pub const NTE_BAD_SIGNATURE: Self = Self(0x80090006);
    pub const NTE_BAD_VER: Self = Self(0x80090007);
    pub const NTE_BAD_ALGID: Self = Self(0x80090008);
    pub const NTE_BAD_FLAGS: Self = Self(0x80090009);
    pub const NTE_BAD_TYPE: Self = Self(0x8009000A);
    pub const NTE_BAD_KEY_STATE: Self = Self(0x8009000B);
    pub const NTE_BAD_HASH_STATE: Self = Self(0x8009000C);
    pub const NTE_NO_KEY: Self = Self(0x8009000D);
    pub const NTE_NO_MEMORY: Self = Self(0x8009000E);
    pub const NTE_EXISTS: Self = Self(0x8009000F);
    pub const NTE_PERM: Self = Self(0x80090010);
    pub const NTE_NOT_FOUND: Self = Self(0x80090011);
    pub const NTE_DOUBLE_ENCRYPT: Self = Self(0x80090012);
    pub const NTE_BAD_PROVIDER: Self = Self(0x80090013);
    pub const NTE_BAD_PROV_TYPE: Self = Self(0x80090014);
    pub const NTE_BAD_PUBLIC_KEY: Self = Self(0x80090015);
    pub const NTE_BAD_KEYSET: Self = Self(0x80090016);
    pub const NTE_PROV_TYPE_NOT_DEF: Self = Self(0x80090017);
    pub const NTE_PROV_TYPE_ENTRY_BAD: Self = Self(0x80090018);
    pub const NTE_KEYSET_NOT_DEF: Self = Self(0x80090019);
    pub const NTE_KEYSET_ENTRY_BAD: Self = Self(0x8009001A);
    pub const NTE_PROV_TYPE_NO_MATCH: Self = Self(0x8009001B);
    pub const NTE_SIGNATURE_FILE_BAD: Self = Self(0x8009001C);
    pub const NTE_PROVIDER_DLL_FAIL: Self = Self(0x8009001D);
    pub const NTE_PROV_DLL_NOT_FOUND: Self = Self(0x8009001E);
    pub const NTE_BAD_KEYSET_PARAM: Self = Self(0x8009001F);
    pub const NTE_FAIL: Self = Self(0x80090020);
    pub const NTE_SYS_ERR: Self = Self(0x80090021);
    pub const NTE_SILENT_CONTEXT: Self = Self(0x80090022);
    pub const NTE_TOKEN_KEYSET_STORAGE_FULL: Self = Self(0x80090023);
    pub const NTE_TEMPORARY_PROFILE: Self = Self(0x80090024);
    pub const NTE_FIXEDPARAMETER: Self = Self(0x80090025);
    pub const NTE_INVALID_HANDLE: Self = Self(0x80090026);
    pub const NTE_INVALID_PARAMETER: Self = Self(0x80090027);
    pub const NTE_BUFFER_TOO_SMALL: Self = Self(0x80090028);
    pub const NTE_NOT_SUPPORTED: Self = Self(0x80090029);
    pub const NTE_NO_MORE_ITEMS: Self = Self(0x8009002A);
    pub const NTE_BUFFERS_OVERLAP: Self = Self(0x8009002B);
    pub const NTE_DECRYPTION_FAILURE: Self = Self(0x8009002C);
    pub const NTE_INTERNAL_ERROR: Self = Self(0x8009002D);
    pub const NTE_UI_REQUIRED: Self = Self(0x8009002E);
    pub const NTE_HMAC_NOT_SUPPORTED: Self = Self(0x8009002F);
    pub const NTE_DEVICE_NOT_READY: Self = Self(0x80090030);
    pub const NTE_AUTHENTICATION_IGNORED: Self = Self(0x80090031);
    pub const NTE_VALIDATION_FAILED: Self = Self(0x80090032);
    pub const NTE_INCORRECT_PASSWORD: Self = Self(0x80090033);
    pub const NTE_ENCRYPTION_FAILURE: Self = Self(0x80090034);
    pub const NTE_DEVICE_NOT_FOUND: Self = Self(0x80090035);
    pub const NTE_USER_CANCELLED: Self = Self(0x80090036);
    pub const NTE_PASSWORD_CHANGE_REQUIRED: Self = Self(0x80090037);
    pub const NTE_NOT_ACTIVE_CONSOLE: Self = Self(0x80090038);
    pub const SEC_E_INSUFFICIENT_MEMORY: Self = Self(0x80090300);
    pub const SEC_E_INVALID_HANDLE: Self = Self(0x80090301);
    pub const SEC_E_UNSUPPORTED_FUNCTION: Self = Self(0x80090302);
    pub const SEC_E_TARGET_UNKNOWN: Self = Self(0x80090303);
    pub const SEC_E_INTERNAL_ERROR: Self = Self(0x80090304);
    pub const SEC_E_SECPKG_NOT_FOUND: Self = Self(0x80090305);
    pub const SEC_E_NOT_OWNER: Self = Self(0x80090306);
    pub const SEC_E_CANNOT_INSTALL: Self = Self(0x80090307);
    pub const SEC_E_INVALID_TOKEN: Self = Self(0x80090308);
    pub const SEC_E_CANNOT_PACK: Self = Self(0x80090309);
    pub const SEC_E_QOP_NOT_SUPPORTED: Self = Self(0x8009030A);
    pub const SEC_E_NO_IMPERSONATION: Self = Self(0x8009030B);
    pub const SEC_E_LOGON_DENIED: Self = Self(0x8009030C);
    pub const SEC_E_UNKNOWN_CREDENTIALS: Self = Self(0x8009030D);
    pub const SEC_E_NO_CREDENTIALS: Self = Self(0x8009030E);
    pub const SEC_E_MESSAGE_ALTERED: Self = Self(0x8009030F);
    pub const SEC_E_OUT_OF_SEQUENCE: Self = Self(0x80090310);
    pub const SEC_E_NO_AUTHENTICATING_AUTHORITY: Self = Self(0x80090311);
    pub const SEC_E_BAD_PKGID: Self = Self(0x80090316);
    pub const SEC_E_CONTEXT_EXPIRED: Self = Self(0x80090317);
    pub const SEC_E_INCOMPLETE_MESSAGE: Self = Self(0x80090318);
    pub const SEC_E_INCOMPLETE_CREDENTIALS: Self = Self(0x80090320);
    pub const SEC_E_BUFFER_TOO_SMALL: Self = Self(0x80090321);
    pub const SEC_E_WRONG_PRINCIPAL: Self = Self(0x80090322);
    pub const SEC_E_TIME_SKEW: Self = Self(0x80090324);
    pub const SEC_E_UNTRUSTED_ROOT: Self = Self(0x80090325);
    pub const SEC_E_ILLEGAL_MESSAGE: Self = Self(0x80090326);
    pub const SEC_E_CERT_UNKNOWN: Self = Self(0x80090327);
    pub const SEC_E_CERT_EXPIRED: Self = Self(0x80090328);
    pub const SEC_E_ENCRYPT_FAILURE: Self = Self(0x80090329);
    pub const SEC_E_DECRYPT_FAILURE: Self = Self(0x80090330);
    pub const SEC_E_ALGORITHM_MISMATCH: Self = Self(0x80090331);
    pub const SEC_E_SECURITY_QOS_FAILED: Self = Self(0x80090332);
    pub const SEC_E_UNFINISHED_CONTEXT_DELETED: Self = Self(0x80090333);
    pub const SEC_E_NO_TGT_REPLY: Self = Self(0x80090334);
    pub const SEC_E_NO_IP_ADDRESSES: Self = Self(0x80090335);
    pub const SEC_E_WRONG_CREDENTIAL_HANDLE: Self = Self(0x80090336);
    pub const SEC_E_CRYPTO_SYSTEM_INVALID: Self = Self(0x80090337);
    pub const SEC_E_MAX_REFERRALS_EXCEEDED: Self = Self(0x80090338);
    pub const SEC_E_MUST_BE_KDC: Self = Self(0x80090339);
    pub const SEC_E_STRONG_CRYPTO_NOT_SUPPORTED: Self = Self(0x8009033A);
    pub const SEC_E_TOO_MANY_PRINCIPALS: Self = Self(0x8009033B);
    pub const SEC_E_NO_PA_DATA: Self = Self(0x8009033C);
    pub const SEC_E_PKINIT_NAME_MISMATCH: Self = Self(0x8009033D);
    pub const SEC_E_SMARTCARD_LOGON_REQUIRED: Self = Self(0x8009033E);
    pub const SEC_E_SHUTDOWN_IN_PROGRESS: Self = Self(0x8009033F);
    pub const SEC_E_KDC_INVALID_REQUEST: Self = Self(0x80090340);
    pub const SEC_E_KDC_UNABLE_TO_REFER: Self = Self(0x80090341);
    pub const SEC_E_KDC_UNKNOWN_ETYPE: Self = Self(0x80090342);
    pub const SEC_E_UNSUPPORTED_PREAUTH: Self = Self(0x80090343);
    pub const SEC_E_DELEGATION_REQUIRED: Self = Self(0x80090345);
    pub const SEC_E_BAD_BINDINGS: Self = Self(0x80090346);
    pub const SEC_E_MULTIPLE_ACCOUNTS: Self = Self(0x80090347);
    pub const SEC_E_NO_KERB_KEY: Self = Self(0x80090348);
    pub const SEC_E_CERT_WRONG_USAGE: Self = Self(0x80090349);
    pub const SEC_E_DOWNGRADE_DETECTED: Self = Self(0x80090350);
    pub const SEC_E_SMARTCARD_CERT_REVOKED: Self = Self(0x80090351);
    pub const SEC_E_ISSUING_CA_UNTRUSTED: Self = Self(0x80090352);
    pub const SEC_E_REVOCATION_OFFLINE_C: Self = Self(0x80090353);
    pub const SEC_E_PKINIT_CLIENT_FAILURE: Self = Self(0x80090354);
    pub const SEC_E_SMARTCARD_CERT_EXPIRED: Self = Self(0x80090355);
    pub const SEC_E_NO_S4U_PROT_SUPPORT: Self = Self(0x80090356);
    pub const SEC_E_CROSSREALM_DELEGATION_FAILURE: Self = Self(0x80090357);
    pub const SEC_E_REVOCATION_OFFLINE_KDC: Self = Self(0x80090358);
    pub const SEC_E_ISSUING_CA_UNTRUSTED_KDC: Self = Self(0x80090359);
    pub const SEC_E_KDC_CERT_EXPIRED: Self = Self(0x8009035A);
    pub const SEC_E_KDC_CERT_REVOKED: Self = Self(0x8009035B);
    pub const SEC_E_INVALID_PARAMETER: Self = Self(0x8009035D);
    pub const SEC_E_DELEGATION_POLICY: Self = Self(0x8009035E);
    pub const SEC_E_POLICY_NLTM_ONLY: Self = Self(0x8009035F);
    pub const SEC_E_NO_CONTEXT: Self = Self(0x80090361);
    pub const SEC_E_PKU2U_CERT_FAILURE: Self = Self(0x80090362);
    pub const SEC_E_MUTUAL_AUTH_FAILED: Self = Self(0x80090363);
    pub const SEC_E_ONLY_HTTPS_ALLOWED: Self = Self(0x80090365);
    pub const SEC_E_APPLICATION_PROTOCOL_MISMATCH: Self = Self(0x80090367);
    pub const SEC_E_INVALID_UPN_NAME: Self = Self(0x80090369);
    pub const SEC_E_EXT_BUFFER_TOO_SMALL: Self = Self(0x8009036A);
    pub const SEC_E_INSUFFICIENT_BUFFERS: Self = Self(0x8009036B);
    pub const CRYPT_E_MSG_ERROR: Self = Self(0x80091001);
    pub const CRYPT_E_UNKNOWN_ALGO: Self = Self(0x80091002);
    pub const CRYPT_E_OID_FORMAT: Self = Self(0x80091003);
    pub const CRYPT_E_INVALID_MSG_TYPE: Self = Self(0x80091004);
    pub const CRYPT_E_UNEXPECTED_ENCODING: Self = Self(0x80091005);
    pub const CRYPT_E_AUTH_ATTR_MISSING: Self = Self(0x80091006);
    pub const CRYPT_E_HASH_VALUE: Self = Self(0x80091007);
    pub const CRYPT_E_INVALID_INDEX: Self = Self(0x80091008);
    pub const CRYPT_E_ALREADY_DECRYPTED: Self = Self(0x80091009);
    pub const CRYPT_E_NOT_DECRYPTED: Self = Self(0x8009100A);
    pub const CRYPT_E_RECIPIENT_NOT_FOUND: Self = Self(0x8009100B);
    pub const CRYPT_E_CONTROL_TYPE: Self = Self(0x8009100C);
    pub const CRYPT_E_ISSUER_SERIALNUMBER: Self = Self(0x8009100D);
    pub const CRYPT_E_SIGNER_NOT_FOUND: Self = Self(0x8009100E);
    pub const CRYPT_E_ATTRIBUTES_MISSING: Self = Self(0x8009100F);
    pub const CRYPT_E_STREAM_MSG_NOT_READY: Self = Self(0x80091010);
    pub const CRYPT_E_STREAM_INSUFFICIENT_DATA: Self = Self(0x80091011);
    pub const CRYPT_E_BAD_LEN: Self = Self(0x80092001);
    pub const CRYPT_E_BAD_ENCODE: Self = Self(0x80092002);
    pub const CRYPT_E_FILE_ERROR: Self = Self(0x80092003);
    pub const CRYPT_E_NOT_FOUND: Self = Self(0x80092004);
    pub const CRYPT_E_EXISTS: Self = Self(0x80092005);
    pub const CRYPT_E_NO_PROVIDER: Self = Self(0x80092006);
    pub const CRYPT_E_SELF_SIGNED: Self = Self(0x80092007);
    pub const CRYPT_E_DELETED_PREV: Self = Self(0x80092008);
    pub const CRYPT_E_NO_MATCH: Self = Self(0x80092009);
    pub const CRYPT_E_UNEXPECTED_MSG_TYPE: Self = Self(0x8009200A);
    pub const CRYPT_E_NO_KEY_PROPERTY: Self = Self(0x8009200B);
    pub const CRYPT_E_NO_DECRYPT_CERT: Self = Self(0x8009200C);
    pub const CRYPT_E_BAD_MSG: Self = Self(0x8009200D);
    pub const CRYPT_E_NO_SIGNER: Self = Self(0x8009200E);
    pub const CRYPT_E_PENDING_CLOSE: Self = Self(0x8009200F);
    pub const CRYPT_E_REVOKED: Self = Self(0x80092010);
    pub const CRYPT_E_NO_REVOCATION_DLL: Self = Self(0x80092011);
    pub const CRYPT_E_NO_REVOCATION_CHECK: Self = Self(0x80092012);
    pub const CRYPT_E_REVOCATION_OFFLINE: Self = Self(0x80092013);
    pub const CRYPT_E_NOT_IN_REVOCATION_DATABASE: Self = Self(0x80092014);
    pub const CRYPT_E_INVALID_NUMERIC_STRING: Self = Self(0x80092020);
    pub const CRYPT_E_INVALID_PRINTABLE_STRING: Self = Self(0x80092021);
    pub const CRYPT_E_INVALID_IA5_STRING: Self = Self(0x80092022);
    pub const CRYPT_E_INVALID_X500_STRING: Self = Self(0x80092023);
    pub const CRYPT_E_NOT_CHAR_STRING: Self = Self(0x80092024);
    pub const CRYPT_E_FILERESIZED: Self = Self(0x80092025);
    pub const CRYPT_E_SECURITY_SETTINGS: Self = Self(0x80092026);
    pub const CRYPT_E_NO_VERIFY_USAGE_DLL: Self = Self(0x80092027);
    pub const CRYPT_E_NO_VERIFY_USAGE_CHECK: Self = Self(0x80092028);
    pub const CRYPT_E_VERIFY_USAGE_OFFLINE: Self = Self(0x80092029);
    pub const CRYPT_E_NOT_IN_CTL: Self = Self(0x8009202A);
    pub const CRYPT_E_NO_TRUSTED_SIGNER: Self = Self(0x8009202B);
    pub const CRYPT_E_MISSING_PUBKEY_PARA: Self = Self(0x8009202C);
    pub const CRYPT_E_OBJECT_LOCATOR_OBJECT_NOT_FOUND: Self = Self(0x8009202D);
    pub const CRYPT_E_OSS_ERROR: Self = Self(0x80093000);
    pub const CRYPT_E_ASN1_ERROR: Self = Self(0x80093100);
    pub const CRYPT_E_ASN1_INTERNAL: Self = Self(0x80093101);
    pub const CRYPT_E_ASN1_EOD: Self = Self(0x80093102);
    pub const CRYPT_E_ASN1_CORRUPT: Self = Self(0x80093103);
    pub const CRYPT_E_ASN1_LARGE: Self = Self(0x80093104);
    pub const CRYPT_E_ASN1_CONSTRAINT: Self = Self(0x80093105);
    pub const CRYPT_E_ASN1_MEMORY: Self = Self(0x80093106);
    pub const CRYPT_E_ASN1_OVERFLOW: Self = Self(0x80093107);
    pub const CRYPT_E_ASN1_BADPDU: Self = Self(0x80093108);
    pub const CRYPT_E_ASN1_BADARGS: Self = Self(0x80093109);
    pub const CRYPT_E_ASN1_BADREAL: Self = Self(0x8009310A);
    pub const CRYPT_E_ASN1_BADTAG: Self = Self(0x8009310B);
    pub const CRYPT_E_ASN1_CHOICE: Self = Self(0x8009310C);
    pub const CRYPT_E_ASN1_RULE: Self = Self(0x8009310D);
    pub const CRYPT_E_ASN1_UTF8: Self = Self(0x8009310E);
    pub const CRYPT_E_ASN1_PDU_TYPE: Self = Self(0x80093133);
    pub const CRYPT_E_ASN1_NYI: Self = Self(0x80093134);
    pub const CRYPT_E_ASN1_EXTENDED: Self = Self(0x80093201);
    pub const CRYPT_E_ASN1_NOEOD: Self = Self(0x80093202);
    pub const TRUST_E_SYSTEM_ERROR: Self = Self(0x80096001);
    pub const TRUST_E_NO_SIGNER_CERT: Self = Self(0x80096002);
    pub const TRUST_E_COUNTER_SIGNER: Self = Self(0x80096003);
    pub const TRUST_E_CERT_SIGNATURE: Self = Self(0x80096004);
    pub const TRUST_E_TIME_STAMP: Self = Self(0x80096005);
    pub const TRUST_E_BAD_DIGEST: Self = Self(0x80096010);
    pub const TRUST_E_MALFORMED_SIGNATURE: Self = Self(0x80096011);
    pub const TRUST_E_BASIC_CONSTRAINTS: Self = Self(0x80096019);
    pub const TRUST_E_FINANCIAL_CRITERIA: Self = Self(0x8009601E);
    pub const TRUST_E_PROVIDER_UNKNOWN: Self = Self(0x800B0001);
    pub const TRUST_E_ACTION_UNKNOWN: Self = Self(0x800B0002);
    pub const TRUST_E_SUBJECT_FORM_UNKNOWN: Self = Self(0x800B0003);
    pub const TRUST_E_SUBJECT_NOT_TRUSTED: Self = Self(0x800B0004);
    pub const TRUST_E_NOSIGNATURE: Self = Self(0x800B0100);
    pub const CERT_E_EXPIRED: Self = Self(0x800B0101);
    pub const CERT_E_VALIDITYPERIODNESTING: Self = Self(0x800B0102);
    pub const CERT_E_ROLE: Self = Self(0x800B0103);
    pub const CERT_E_PATHLENCONST: Self = Self(0x800B0104);
    pub const CERT_E_CRITICAL: Self = Self(0x800B0105);
    pub const CERT_E_PURPOSE: Self = Self(0x800B0106);
    pub const CERT_E_ISSUERCHAINING: Self = Self(0x800B0107);
    pub const CERT_E_MALFORMED: Self = Self(0x800B0108);
    pub const CERT_E_UNTRUSTEDROOT: Self = Self(0x800B0109);
    pub const CERT_E_CHAINING: Self = Self(0x800B010A);
    pub const TRUST_E_FAIL: Self = Self(0x800B010B);
    pub const CERT_E_REVOKED: Self = Self(0x800B010C);
    pub const CERT_E_UNTRUSTEDTESTROOT: Self = Self(0x800B010D);
    pub const CERT_E_REVOCATION_FAILURE: Self = Self(0x800B010E);
    pub const CERT_E_CN_NO_MATCH: Self = Self(0x800B010F);
    pub const CERT_E_WRONG_USAGE: Self = Self(0x800B0110);
    pub const TRUST_E_EXPLICIT_DISTRUST: Self = Self(0x800B0111);
    pub const CERT_E_UNTRUSTEDCA: Self = Self(0x800B0112);
    pub const CERT_E_INVALID_POLICY: Self = Self(0x800B0113);
    pub const CERT_E_INVALID_NAME: Self = Self(0x800B0114);
    pub const E_MONITOR_RESOLUTION_TOO_LOW: Self = Self(0x80270250);
    pub const E_ELEVATED_ACTIVATION_NOT_SUPPORTED: Self = Self(0x80270251);
    pub const E_UAC_DISABLED: Self = Self(0x80270252);
    pub const E_FULL_ADMIN_NOT_SUPPORTED: Self = Self(0x80270253);
    pub const E_APPLICATION_NOT_REGISTERED: Self = Self(0x80270254);
    pub const E_MULTIPLE_EXTENSIONS_FOR_APPLICATION: Self = Self(0x80270255);
    pub const E_MULTIPLE_PACKAGES_FOR_FAMILY: Self = Self(0x80270256);
    pub const E_APPLICATION_MANAGER_NOT_RUNNING: Self = Self(0x80270257);
    pub const E_APPLICATION_ACTIVATION_TIMED_OUT: Self = Self(0x8027025A);
    pub const E_APPLICATION_ACTIVATION_EXEC_FAILURE: Self = Self(0x8027025B);
    pub const E_APPLICATION_TEMPORARY_LICENSE_ERROR: Self = Self(0x8027025C);
    pub const E_APPLICATION_TRIAL_LICENSE_EXPIRED: Self = Self(0x8027025D);
    pub const E_SKYDRIVE_ROOT_TARGET_FILE_SYSTEM_NOT_SUPPORTED: Self = Self(0x80270260);
    pub const E_SKYDRIVE_ROOT_TARGET_OVERLAP: Self = Self(0x80270261);
    pub const E_SKYDRIVE_ROOT_TARGET_CANNOT_INDEX: Self = Self(0x80270262);
    pub const E_SKYDRIVE_FILE_NOT_UPLOADED: Self = Self(0x80270263);
    pub const E_SKYDRIVE_UPDATE_AVAILABILITY_FAIL: Self = Self(0x80270264);
    pub const E_SKYDRIVE_ROOT_TARGET_VOLUME_ROOT_NOT_SUPPORTED: Self = Self(0x80270265);
    pub const E_MBN_CONTEXT_NOT_ACTIVATED: Self = Self(0x80548201);
    pub const E_MBN_BAD_SIM: Self = Self(0x80548202);
    pub const E_MBN_DATA_CLASS_NOT_AVAILABLE: Self = Self(0x80548203);
    pub const E_MBN_INVALID_ACCESS_STRING: Self = Self(0x80548204);
    pub const E_MBN_MAX_ACTIVATED_CONTEXTS: Self = Self(0x80548205);
    pub const E_MBN_PACKET_SVC_DETACHED: Self = Self(0x80548206);
    pub const E_MBN_PROVIDER_NOT_VISIBLE: Self = Self(0x80548207);
    pub const E_MBN_RADIO_POWER_OFF: Self = Self(0x80548208);
    pub const E_MBN_SERVICE_NOT_ACTIVATED: Self = Self(0x80548209);
    pub const E_MBN_SIM_NOT_INSERTED: Self = Self(0x8054820A);
    pub const E_MBN_VOICE_CALL_IN_PROGRESS: Self = Self(0x8054820B);
    pub const E_MBN_INVALID_CACHE: Self = Self(0x8054820C);
    pub const E_MBN_NOT_REGISTERED: Self = Self(0x8054820D);
    pub const E_MBN_PROVIDERS_NOT_FOUND: Self = Self(0x8054820E);
    pub const E_MBN_PIN_NOT_SUPPORTED: Self = Self(0x8054820F);
    pub const E_MBN_PIN_REQUIRED: Self = Self(0x80548210);
    pub const E_MBN_PIN_DISABLED: Self = Self(0x80548211);
    pub const E_MBN_FAILURE: Self = Self(0x80548212);
    pub const E_MBN_INVALID_PROFILE: Self = Self(0x80548218);
    pub const E_MBN_DEFAULT_PROFILE_EXIST: Self = Self(0x80548219);
    pub const E_MBN_SMS_ENCODING_NOT_SUPPORTED: Self = Self(0x80548220);
    pub const E_MBN_SMS_FILTER_NOT_SUPPORTED: Self = Self(0x80548221);
    pub const E_MBN_SMS_INVALID_MEMORY_INDEX: Self = Self(0x80548222);
    pub const E_MBN_SMS_LANG_NOT_SUPPORTED: Self = Self(0x80548223);
    pub const E_MBN_SMS_MEMORY_FAILURE: Self = Self(0x80548224);
    pub const E_MBN_SMS_NETWORK_TIMEOUT: Self = Self(0x80548225);
    pub const E_MBN_SMS_UNKNOWN_SMSC_ADDRESS: Self = Self(0x80548226);
    pub const E_MBN_SMS_FORMAT_NOT_SUPPORTED: Self = Self(0x80548227);
    pub const E_MBN_SMS_OPERATION_NOT_ALLOWED: Self = Self(0x80548228);
    pub const E_MBN_SMS_MEMORY_FULL: Self = Self(0x80548229);
    pub const E_BLUETOOTH_ATT_INVALID_HANDLE: Self = Self(0x80650001);
    pub const E_BLUETOOTH_ATT_READ_NOT_PERMITTED: Self = Self(0x80650002);
    pub const E_BLUETOOTH_ATT_WRITE_NOT_PERMITTED: Self = Self(0x80650003);
    pub const E_BLUETOOTH_ATT_INVALID_PDU: Self = Self(0x80650004);
    pub const E_BLUETOOTH_ATT_INSUFFICIENT_AUTHENTICATION: Self = Self(0x80650005);
    pub const E_BLUETOOTH_ATT_REQUEST_NOT_SUPPORTED: Self = Self(0x80650006);
    pub const E_BLUETOOTH_ATT_INVALID_OFFSET: Self = Self(0x80650007);
    pub const E_BLUETOOTH_ATT_INSUFFICIENT_AUTHORIZATION: Self = Self(0x80650008);
    pub const E_BLUETOOTH_ATT_PREPARE_QUEUE_FULL: Self = Self(0x80650009);
    pub const E_BLUETOOTH_ATT_ATTRIBUTE_NOT_FOUND: Self = Self(0x8065000A);
    pub const E_BLUETOOTH_ATT_ATTRIBUTE_NOT_LONG: Self = Self(0x8065000B);
    pub const E_BLUETOOTH_ATT_INSUFFICIENT_ENCRYPTION_KEY_SIZE: Self = Self(0x8065000C);
    pub const E_BLUETOOTH_ATT_INVALID_ATTRIBUTE_VALUE_LENGTH: Self = Self(0x8065000D);
    pub const E_BLUETOOTH_ATT_UNLIKELY: Self = Self(0x8065000E);
    pub const E_BLUETOOTH_ATT_INSUFFICIENT_ENCRYPTION: Self = Self(0x8065000F);
    pub const E_BLUETOOTH_ATT_UNSUPPORTED_GROUP_TYPE: Self = Self(0x80650010);
    pub const E_BLUETOOTH_ATT_INSUFFICIENT_RESOURCES: Self = Self(0x80650011);
    pub const E_BLUETOOTH_ATT_UNKNOWN_ERROR: Self = Self(0x80651000);
    pub const E_AUDIO_ENGINE_NODE_NOT_FOUND: Self = Self(0x80660001);
    pub const E_HDAUDIO_EMPTY_CONNECTION_LIST: Self = Self(0x80660002);
    pub const E_HDAUDIO_CONNECTION_LIST_NOT_SUPPORTED: Self = Self(0x80660003);
    pub const E_HDAUDIO_NO_LOGICAL_DEVICES_CREATED: Self = Self(0x80660004);
    pub const E_HDAUDIO_NULL_LINKED_LIST_ENTRY: Self = Self(0x80660005);
    pub const E_INVALID_PROTOCOL_OPERATION: Self = Self(0x83760001);
    pub const E_INVALID_PROTOCOL_FORMAT: Self = Self(0x83760002);
    pub const E_PROTOCOL_EXTENSIONS_NOT_SUPPORTED: Self = Self(0x83760003);
    pub const E_SUBPROTOCOL_NOT_SUPPORTED: Self = Self(0x83760004);
    pub const E_PROTOCOL_VERSION_NOT_SUPPORTED: Self = Self(0x83760005);
    pub const E_SYNCENGINE_FILE_SIZE_OVER_LIMIT: Self = Self(0x8802B001);
    pub const E_SYNCENGINE_FILE_SIZE_EXCEEDS_REMAINING_QUOTA: Self = Self(0x8802B002);
    pub const E_SYNCENGINE_UNSUPPORTED_FILE_NAME: Self = Self(0x8802B003);
    pub const E_SYNCENGINE_FOLDER_ITEM_COUNT_LIMIT_EXCEEDED: Self = Self(0x8802B004);
    pub const E_SYNCENGINE_FILE_SYNC_PARTNER_ERROR: Self = Self(0x8802B005);
    pub const E_SYNCENGINE_SYNC_PAUSED_BY_SERVICE: Self = Self(0x8802B006);
    pub const E_SYNCENGINE_FILE_IDENTIFIER_UNKNOWN: Self = Self(0x8802C002);
    pub const E_SYNCENGINE_SERVICE_AUTHENTICATION_FAILED: Self = Self(0x8802C003);
    pub const E_SYNCENGINE_UNKNOWN_SERVICE_ERROR: Self = Self(0x8802C004);
    pub const E_SYNCENGINE_SERVICE_RETURNED_UNEXPECTED_SIZE: Self = Self(0x8802C005);
    pub const E_SYNCENGINE_REQUEST_BLOCKED_BY_SERVICE: Self = Self(0x8802C006);
    pub const E_SYNCENGINE_REQUEST_BLOCKED_DUE_TO_CLIENT_ERROR: Self = Self(0x8802C007);
    pub const E_SYNCENGINE_FOLDER_INACCESSIBLE: Self = Self(0x8802D001);
    pub const E_SYNCENGINE_UNSUPPORTED_FOLDER_NAME: Self = Self(0x8802D002);
    pub const E_SYNCENGINE_UNSUPPORTED_MARKET: Self = Self(0x8802D003);
    pub const E_SYNCENGINE_PATH_LENGTH_LIMIT_EXCEEDED: Self = Self(0x8802D004);
    pub const E_SYNCENGINE_REMOTE_PATH_LENGTH_LIMIT_EXCEEDED: Self = Self(0x8802D005);
    pub const E_SYNCENGINE_CLIENT_UPDATE_NEEDED: Self = Self(0x8802D006);
    pub const E_SYNCENGINE_PROXY_AUTHENTICATION_REQUIRED: Self = Self(0x8802D007);
    pub const E_SYNCENGINE_STORAGE_SERVICE_PROVISIONING_FAILED: Self = Self(0x8802D008);
    pub const E_SYNCENGINE_UNSUPPORTED_REPARSE_POINT: Self = Self(0x8802D009);
    pub const E_SYNCENGINE_STORAGE_SERVICE_BLOCKED: Self = Self(0x8802D00A);
    pub const E_SYNCENGINE_FOLDER_IN_REDIRECTION: Self = Self(0x8802D00B);
}

/// Every value once with its usual name, sorted by value.
pub(crate) static HRESULT_NAMES: &[(u32, &str)] = &[
    (0x00000000, "S_OK"),
    (0x00000001, "S_FALSE"),
    (0x00030200, "STG_S_CONVERTED"),
    (0x00030201, "STG_S_BLOCK"),
    (0x00030202, "STG_S_RETRYNOW"),
    (0x00030203, "STG_S_MONITORING"),
    (0x00030204, "STG_S_MULTIPLEOPENS"),
    (0x00030205, "STG_S_CONSOLIDATIONFAILED"),
    (0x00030206, "STG_S_CANNOTCONSOLIDATE"),
    (0x00030207, "STG_S_POWER_CYCLE_REQUIRED"),
    (0x00040000, "OLE_S_USEREG"),
    (0x00040001, "OLE_S_STATIC"),
    (0x00040002, "OLE_S_MAC_CLIPFORMAT"),
    (0x000401E2, "MK_S_REDUCED_TO_SELF"),
    (0x000401E4, "MK_S_ME"),
    (0x000401E5, "MK_S_HIM"),
    (0x000401E6, "MK_S_US"),
    (0x000401E7, "MK_S_MONIKERALREADYREGISTERED"),
    (0x00080012, "CO_S_NOTALLINTERFACES"),
    (0x00080013, "CO_S_MACHINENAMENOTFOUND"),
    (0x00090312, "SEC_I_CONTINUE_NEEDED"),
    (0x00090313, "SEC_I_COMPLETE_NEEDED"),
    (0x00090314, "SEC_I_COMPLETE_AND_CONTINUE"),
    (0x00090315, "SEC_I_LOCAL_LOGON"),
    (0x00090316, "SEC_I_GENERIC_EXTENSION_RECEIVED"),
    (0x00090317, "SEC_I_CONTEXT_EXPIRED"),
    (0x00090320, "SEC_I_INCOMPLETE_CREDENTIALS"),
    (0x00090321, "SEC_I_RENEGOTIATE"),
    (0x00090323, "SEC_I_NO_LSA_CONTEXT"),
    (0x0009035C, "SEC_I_SIGNATURE_NEEDED"),
    (0x00090360, "SEC_I_NO_RENEGOTIATION"),
    (0x00090364, "SEC_I_MESSAGE_FRAGMENT"),
    (0x00090366, "SEC_I_CONTINUE_NEEDED_MESSAGE_OK"),
    (0x00090368, "SEC_I_ASYNC_CALL_PENDING"),
    (0x00270258, "S_STORE_LAUNCHED_FOR_REMEDIATION"),
    (0x00270259, "S_APPLICATION_ACTIVATION_ERROR_HANDLED_BY_DIALOG"),
    (0x8000000B, "E_BOUNDS"),
    (0x8000000C, "E_CHANGED_STATE"),
    (0x8000000D, "E_ILLEGAL_STATE_CHANGE"),
    (0x8000000E, "E_ILLEGAL_METHOD_CALL"),
    (0x8000000F, "RO_E_METADATA_NAME_NOT_FOUND"),
    (0x80000010, "RO_E_METADATA_NAME_IS_NAMESPACE"),
    (0x80000011, "RO_E_METADATA_INVALID_TYPE_FORMAT"),
    (0x80000012, "RO_E_INVALID_METADATA_FILE"),
    (0x80000013, "RO_E_CLOSED"),
    (0x80000014, "RO_E_EXCLUSIVE_WRITE"),
    (0x80000015, "RO_E_CHANGE_NOTIFICATION_IN_PROGRESS"),
    (0x80000016, "RO_E_ERROR_STRING_NOT_FOUND"),
    (0x80000017, "E_STRING_NOT_NULL_TERMINATED"),
    (0x80000018, "E_ILLEGAL_DELEGATE_ASSIGNMENT"),
    (0x80000019, "E_ASYNC_OPERATION_NOT_STARTED"),
    (0x8000001A, "E_APPLICATION_EXITING"),
    (0x8000001B, "E_APPLICATION_VIEW_EXITING"),
    (0x8000001C, "RO_E_MUST_BE_AGILE"),
    (0x8000001D, "RO_E_UNSUPPORTED_FROM_MTA"),
    (0x8000001E, "RO_E_COMMITTED"),
    (0x8000001F, "RO_E_BLOCKED_CROSS_ASTA_CALL"),
    (0x80000020, "RO_E_CANNOT_ACTIVATE_FULL_TRUST_SERVER"),
    (0x80000021, "RO_E_CANNOT_ACTIVATE_UNIVERSAL_APPLICATION_SERVER"),
    (0x80004001, "E_NOTIMPL"),
    (0x80004002, "E_NOINTERFACE"),
    (0x80004003, "E_POINTER"),
    (0x80004004, "E_ABORT"),
    (0x80004005, "E_FAIL"),
    (0x80004006, "CO_E_INIT_TLS"),
    (0x80004007, "CO_E_INIT_SHARED_ALLOCATOR"),
    (0x80004008, "CO_E_INIT_MEMORY_ALLOCATOR"),
    (0x80004009, "CO_E_INIT_CLASS_CACHE"),
    (0x8000400A, "CO_E_INIT_RPC_CHANNEL"),
    (0x8000400B, "CO_E_INIT_TLS_SET_CHANNEL_CONTROL"),
    (0x8000400C, "CO_E_INIT_TLS_CHANNEL_CONTROL"),
    (0x8000400D, "CO_E_INIT_UNACCEPTED_USER_ALLOCATOR"),
    (0x8000400E, "CO_E_INIT_SCM_MUTEX_EXISTS"),
    (0x8000400F, "CO_E_INIT_SCM_FILE_MAPPING_EXISTS"),
    (0x80004010, "CO_E_INIT_SCM_MAP_VIEW_OF_FILE"),
    (0x80004011, "CO_E_INIT_SCM_EXEC_FAILURE"),
    (0x80004012, "CO_E_INIT_ONLY_SINGLE_THREADED"),
    (0x80004013, "CO_E_CANT_REMOTE"),
    (0x80004014, "CO_E_BAD_SERVER_NAME"),
    (0x80004015, "CO_E_WRONG_SERVER_IDENTITY"),
    (0x80004016, "CO_E_OLE1DDE_DISABLED"),
    (0x80004017, "CO_E_RUNAS_SYNTAX"),
    (0x80004018, "CO_E_CREATEPROCESS_FAILURE"),
    (0x80004019, "CO_E_RUNAS_CREATEPROCESS_FAILURE"),
    (0x8000401A, "CO_E_RUNAS_LOGON_FAILURE"),
    (0x8000401B, "CO_E_LAUNCH_PERMSSION_DENIED"),
    (0x8000401C, "CO_E_START_SERVICE_FAILURE"),
    (0x8000401D, "CO_E_REMOTE_COMMUNICATION_FAILURE"),
    (0x8000401E, "CO_E_SERVER_START_TIMEOUT"),
    (0x8000401F, "CO_E_CLSREG_INCONSISTENT"),
    (0x80004020, "CO_E_IIDREG_INCONSISTENT"),
    (0x80004021, "CO_E_NOT_SUPPORTED"),
    (0x80004022, "CO_E_RELOAD_DLL"),
    (0x80004023, "CO_E_MSI_ERROR"),
    (0x80004024, "CO_E_ATTEMPT_TO_CREATE_OUTSIDE_CLIENT_CONTEXT"),
    (0x80004025, "CO_E_SERVER_PAUSED"),
    (0x80004026, "CO_E_SERVER_NOT_PAUSED"),
    (0x80004027, "CO_E_CLASS_DISABLED"),
    (0x80004028, "CO_E_CLRNOTAVAILABLE"),
    (0x80004029, "CO_E_ASYNC_WORK_REJECTED"),
    (0x8000402A, "CO_E_SERVER_INIT_TIMEOUT"),
    (0x8000402B, "CO_E_NO_SECCTX_IN_ACTIVATE"),
    (0x80004030, "CO_E_TRACKER_CONFIG"),
    (0x80004031, "CO_E_THREADPOOL_CONFIG"),
    (0x80004032, "CO_E_SXS_CONFIG"),
    (0x80004033, "CO_E_MALFORMED_SPN"),
    (0x80004034, "CO_E_UNREVOKED_REGISTRATION_ON_APARTMENT_SHUTDOWN"),
    (0x80004035, "CO_E_PREMATURE_STUB_RUNDOWN"),
    (0x8000FFFF, "E_UNEXPECTED"),
    (0x80010001, "RPC_E_CALL_REJECTED"),
    (0x80010002, "RPC_E_CALL_CANCELED"),
    (0x80010003, "RPC_E_CANTPOST_INSENDCALL"),
    (0x80010004, "RPC_E_CANTCALLOUT_INASYNCCALL"),
    (0x80010005, "RPC_E_CANTCALLOUT_INEXTERNALCALL"),
    (0x80010006, "RPC_E_CONNECTION_TERMINATED"),
    (0x80010007, "RPC_E_SERVER_DIED"),
    (0x80010008, "RPC_E_CLIENT_DIED"),
    (0x80010009, "RPC_E_INVALID_DATAPACKET"),
    (0x8001000A, "RPC_E_CANTTRANSMIT_CALL"),
    (0x8001000B, "RPC_E_CLIENT_CANTMARSHAL_DATA"),
    (0x8001000C, "RPC_E_CLIENT_CANTUNMARSHAL_DATA"),
    (0x8001000D, "RPC_E_SERVER_CANTMARSHAL_DATA"),
    (0x8001000E, "RPC_E_SERVER_CANTUNMARSHAL_DATA"),
    (0x8001000F, "RPC_E_INVALID_DATA"),
    (0x80010010, "RPC_E_INVALID_PARAMETER"),
    (0x80010011, "RPC_E_CANTCALLOUT_AGAIN"),
    (0x80010012, "RPC_E_SERVER_DIED_DNE"),
    (0x80010100, "RPC_E_SYS_CALL_FAILED"),
    (0x80010101, "RPC_E_OUT_OF_RESOURCES"),
    (0x80010102, "RPC_E_ATTEMPTED_MULTITHREAD"),
    (0x80010103, "RPC_E_NOT_REGISTERED"),
    (0x80010104, "RPC_E_FAULT"),
    (0x80010105, "RPC_E_SERVERFAULT"),
    (0x80010106, "RPC_E_CHANGED_MODE"),
    (0x80010107, "RPC_E_INVALIDMETHOD"),
    (0x80010108, "RPC_E_DISCONNECTED"),
    (0x80010109, "RPC_E_RETRY"),
    (0x8001010A, "RPC_E_SERVERCALL_RETRYLATER"),
    (0x8001010B, "RPC_E_SERVERCALL_REJECTED"),
    (0x8001010C, "RPC_E_INVALID_CALLDATA"),
    (0x8001010D, "RPC_E_CANTCALLOUT_ININPUTSYNCCALL"),
    (0x8001010E, "RPC_E_WRONG_THREAD"),
    (0x8001010F, "RPC_E_THREAD_NOT_INIT"),
    (0x80010110, "RPC_E_VERSION_MISMATCH"),
    (0x80010111, "RPC_E_INVALID_HEADER"),
    (0x80010112, "RPC_E_INVALID_EXTENSION"),
    (0x80010113, "RPC_E_INVALID_IPID"),
    (0x80010114, "RPC_E_INVALID_OBJECT"),
    (0x80010115, "RPC_S_CALLPENDING"),
    (0x80010116, "RPC_S_WAITONTIMER"),
    (0x80010117, "RPC_E_CALL_COMPLETE"),
    (0x80010118, "RPC_E_UNSECURE_CALL"),
    (0x80010119, "RPC_E_TOO_LATE"),
    (0x8001011A, "RPC_E_NO_GOOD_SECURITY_PACKAGES"),
    (0x8001011B, "RPC_E_ACCESS_DENIED"),
    (0x8001011C, "RPC_E_REMOTE_DISABLED"),
    (0x8001011D, "RPC_E_INVALID_OBJREF"),
    (0x8001011E, "RPC_E_NO_CONTEXT"),
    (0x8001011F, "RPC_E_TIMEOUT"),
    (0x80010120, "RPC_E_NO_SYNC"),
    (0x80010121, "RPC_E_FULLSIC_REQUIRED"),
    (0x80010122, "RPC_E_INVALID_STD_NAME"),
    (0x80010123, "CO_E_FAILEDTOIMPERSONATE"),
    (0x80010124, "CO_E_FAILEDTOGETSECCTX"),
    (0x80010125, "CO_E_FAILEDTOOPENTHREADTOKEN"),
    (0x80010126, "CO_E_FAILEDTOGETTOKENINFO"),
    (0x80010127, "CO_E_TRUSTEEDOESNTMATCHCLIENT"),
    (0x80010128, "CO_E_FAILEDTOQUERYCLIENTBLANKET"),
    (0x80010129, "CO_E_FAILEDTOSETDACL"),
    (0x8001012A, "CO_E_ACCESSCHECKFAILED"),
    (0x8001012B, "CO_E_NETACCESSAPIFAILED"),
    (0x8001012C, "CO_E_WRONGTRUSTEENAMESYNTAX"),
    (0x8001012D, "CO_E_INVALIDSID"),
    (0x8001012E, "CO_E_CONVERSIONFAILED"),
    (0x8001012F, "CO_E_NOMATCHINGSIDFOUND"),
    (0x80010130, "CO_E_LOOKUPACCSIDFAILED"),
    (0x80010131, "CO_E_NOMATCHINGNAMEFOUND"),
    (0x80010132, "CO_E_LOOKUPACCNAMEFAILED"),
    (0x80010133, "CO_E_SETSERLHNDLFAILED"),
    (0x80010134, "CO_E_FAILEDTOGETWINDIR"),
    (0x80010135, "CO_E_PATHTOOLONG"),
    (0x80010136, "CO_E_FAILEDTOGENUUID"),
    (0x80010137, "CO_E_FAILEDTOCREATEFILE"),
    (0x80010138, "CO_E_FAILEDTOCLOSEHANDLE"),
    (0x80010139, "CO_E_EXCEEDSYSACLLIMIT"),
    (0x8001013A, "CO_E_ACESINWRONGORDER"),
    (0x8001013B, "CO_E_INCOMPATIBLESTREAMVERSION"),
    (0x8001013C, "CO_E_FAILEDTOOPENPROCESSTOKEN"),
    (0x8001013D, "CO_E_DECODEFAILED"),
    (0x8001013F, "CO_E_ACNOTINITIALIZED"),
    (0x80010140, "CO_E_CANCEL_DISABLED"),
    (0x8001FFFF, "RPC_E_UNEXPECTED"),
    (0x80020001, "DISP_E_UNKNOWNINTERFACE"),
    (0x80020003, "DISP_E_MEMBERNOTFOUND"),
    (0x80020004, "DISP_E_PARAMNOTFOUND"),
    (0x80020005, "DISP_E_TYPEMISMATCH"),
    (0x80020006, "DISP_E_UNKNOWNNAME"),
    (0x80020007, "DISP_E_NONAMEDARGS"),
    (0x80020008, "DISP_E_BADVARTYPE"),
    (0x80020009, "DISP_E_EXCEPTION"),
    (0x8002000A, "DISP_E_OVERFLOW"),
    (0x8002000B, "DISP_E_BADINDEX"),
    (0x8002000C, "DISP_E_UNKNOWNLCID"),
    (0x8002000D, "DISP_E_ARRAYISLOCKED"),
    (0x8002000E, "DISP_E_BADPARAMCOUNT"),
    (0x8002000F, "DISP_E_PARAMNOTOPTIONAL"),
    (0x80020010, "DISP_E_BADCALLEE"),
    (0x80020011, "DISP_E_NOTACOLLECTION"),
    (0x80020012, "DISP_E_DIVBYZERO"),
    (0x80020013, "DISP_E_BUFFERTOOSMALL"),
    (0x80028016, "TYPE_E_BUFFERTOOSMALL"),
    (0x80028017, "TYPE_E_FIELDNOTFOUND"),
    (0x80028018, "TYPE_E_INVDATAREAD"),
    (0x80028019, "TYPE_E_UNSUPFORMAT"),
    (0x8002801C, "TYPE_E_REGISTRYACCESS"),
    (0x8002801D, "TYPE_E_LIBNOTREGISTERED"),
    (0x80028027, "TYPE_E_UNDEFINEDTYPE"),
    (0x80028028, "TYPE_E_QUALIFIEDNAMEDISALLOWED"),
    (0x80028029, "TYPE_E_INVALIDSTATE"),
    (0x8002802A, "TYPE_E_WRONGTYPEKIND"),
    (0x8002802B, "TYPE_E_ELEMENTNOTFOUND"),
    (0x8002802C, "TYPE_E_AMBIGUOUSNAME"),
    (0x8002802D, "TYPE_E_NAMECONFLICT"),
    (0x8002802E, "TYPE_E_UNKNOWNLCID"),
    (0x8002802F, "TYPE_E_DLLFUNCTIONNOTFOUND"),
    (0x800288BD, "TYPE_E_BADMODULEKIND"),
    (0x800288C5, "TYPE_E_SIZETOOBIG"),
    (0x800288C6, "TYPE_E_DUPLICATEID"),
    (0x800288CF, "TYPE_E_INVALIDID"),
    (0x80028CA0, "TYPE_E_TYPEMISMATCH"),
    (0x80028CA1, "TYPE_E_OUTOFBOUNDS"),
    (0x80028CA2, "TYPE_E_IOERROR"),
    (0x80028CA3, "TYPE_E_CANTCREATETMPFILE"),
    (0x80029C4A, "TYPE_E_CANTLOADLIBRARY"),
    (0x80029C83, "TYPE_E_INCONSISTENTPROPFUNCS"),
    (0x80029C84, "TYPE_E_CIRCULARTYPE"),
    (0x80030001, "STG_E_INVALIDFUNCTION"),
    (0x80030002, "STG_E_FILENOTFOUND"),
    (0x80030003, "STG_E_PATHNOTFOUND"),
    (0x80030004, "STG_E_TOOMANYOPENFILES"),
    (0x80030005, "STG_E_ACCESSDENIED"),
    (0x80030006, "STG_E_INVALIDHANDLE"),
    (0x80030008, "STG_E_INSUFFICIENTMEMORY"),
    (0x80030009, "STG_E_INVALIDPOINTER"),
    (0x80030012, "STG_E_NOMOREFILES"),
    (0x80030013, "STG_E_DISKISWRITEPROTECTED"),
    (0x80030019, "STG_E_SEEKERROR"),
    (0x8003001D, "STG_E_WRITEFAULT"),
    (0x8003001E, "STG_E_READFAULT"),
    (0x80030020, "STG_E_SHAREVIOLATION"),
    (0x80030021, "STG_E_LOCKVIOLATION"),
    (0x80030050, "STG_E_FILEALREADYEXISTS"),
    (0x80030057, "STG_E_INVALIDPARAMETER"),
    (0x80030070, "STG_E_MEDIUMFULL"),
    (0x800300F0, "STG_E_PROPSETMISMATCHED"),
    (0x800300FA, "STG_E_ABNORMALAPIEXIT"),
    (0x800300FB, "STG_E_INVALIDHEADER"),
    (0x800300FC, "STG_E_INVALIDNAME"),
    (0x800300FD, "STG_E_UNKNOWN"),
    (0x800300FE, "STG_E_UNIMPLEMENTEDFUNCTION"),
    (0x800300FF, "STG_E_INVALIDFLAG"),
    (0x80030100, "STG_E_INUSE"),
    (0x80030101, "STG_E_NOTCURRENT"),
    (0x80030102, "STG_E_REVERTED"),
    (0x80030103, "STG_E_CANTSAVE"),
    (0x80030104, "STG_E_OLDFORMAT"),
    (0x80030105, "STG_E_OLDDLL"),
    (0x80030106, "STG_E_SHAREREQUIRED"),
    (0x80030107, "STG_E_NOTFILEBASEDSTORAGE"),
    (0x80030108, "STG_E_EXTANTMARSHALLINGS"),
    (0x80030109, "STG_E_DOCFILECORRUPT"),
    (0x80030110, "STG_E_BADBASEADDRESS"),
    (0x80030111, "STG_E_DOCFILETOOLARGE"),
    (0x80030112, "STG_E_NOTSIMPLEFORMAT"),
    (0x80030201, "STG_E_INCOMPLETE"),
    (0x80030202, "STG_E_TERMINATED"),
    (0x80030208, "STG_E_FIRMWARE_SLOT_INVALID"),
    (0x80030209, "STG_E_FIRMWARE_IMAGE_INVALID"),
    (0x8003020A, "STG_E_DEVICE_UNRESPONSIVE"),
    (0x80030305, "STG_E_STATUS_COPY_PROTECTION_FAILURE"),
    (0x80030306, "STG_E_CSS_AUTHENTICATION_FAILURE"),
    (0x80030307, "STG_E_CSS_KEY_NOT_PRESENT"),
    (0x80030308, "STG_E_CSS_KEY_NOT_ESTABLISHED"),
    (0x80030309, "STG_E_CSS_SCRAMBLED_SECTOR"),
    (0x8003030A, "STG_E_CSS_REGION_MISMATCH"),
    (0x8003030B, "STG_E_RESETS_EXHAUSTED"),
    (0x80040000, "OLE_E_OLEVERB"),
    (0x80040001, "OLE_E_ADVF"),
    (0x80040002, "OLE_E_ENUM_NOMORE"),
    (0x80040003, "OLE_E_ADVISENOTSUPPORTED"),
    (0x80040004, "OLE_E_NOCONNECTION"),
    (0x80040005, "OLE_E_NOTRUNNING"),
    (0x80040006, "OLE_E_NOCACHE"),
    (0x80040007, "OLE_E_BLANK"),
    (0x80040008, "OLE_E_CLASSDIFF"),
    (0x80040009, "OLE_E_CANT_GETMONIKER"),
    (0x8004000A, "OLE_E_CANT_BINDTOSOURCE"),
    (0x8004000B, "OLE_E_STATIC"),
    (0x8004000C, "OLE_E_PROMPTSAVECANCELLED"),
    (0x8004000D, "OLE_E_INVALIDRECT"),
    (0x8004000E, "OLE_E_WRONGCOMPOBJ"),
    (0x8004000F, "OLE_E_INVALIDHWND"),
    (0x80040010, "OLE_E_NOT_INPLACEACTIVE"),
    (0x80040011, "OLE_E_CANTCONVERT"),
    (0x80040012, "OLE_E_NOSTORAGE"),
    (0x80040100, "DRAGDROP_E_NOTREGISTERED"),
    (0x80040101, "DRAGDROP_E_ALREADYREGISTERED"),
    (0x80040102, "DRAGDROP_E_INVALIDHWND"),
    (0x80040103, "DRAGDROP_E_CONCURRENT_DRAG_ATTEMPTED"),
    (0x80040110, "CLASS_E_NOAGGREGATION"),
    (0x80040111, "CLASS_E_CLASSNOTAVAILABLE"),
    (0x80040112, "CLASS_E_NOTLICENSED"),
    (0x80040140, "VIEW_E_DRAW"),
    (0x80040150, "REGDB_E_READREGDB"),
    (0x80040151, "REGDB_E_WRITEREGDB"),
    (0x80040152, "REGDB_E_KEYMISSING"),
    (0x80040153, "REGDB_E_INVALIDVALUE"),
    (0x80040154, "REGDB_E_CLASSNOTREG"),
    (0x80040155, "REGDB_E_IIDNOTREG"),
    (0x80040156, "REGDB_E_BADTHREADINGMODEL"),
    (0x80040157, "REGDB_E_PACKAGEPOLICYVIOLATION"),
    (0x80040170, "CACHE_E_NOCACHE_UPDATED"),
    (0x800401A0, "INPLACE_E_NOTUNDOABLE"),
    (0x800401A1, "INPLACE_E_NOTOOLSPACE"),
    (0x800401C0, "CONVERT10_E_OLESTREAM_GET"),
    (0x800401C1, "CONVERT10_E_OLESTREAM_PUT"),
    (0x800401C2, "CONVERT10_E_OLESTREAM_FMT"),
    (0x800401C3, "CONVERT10_E_OLESTREAM_BITMAP_TO_DIB"),
    (0x800401C4, "CONVERT10_E_STG_FMT"),
    (0x800401C5, "CONVERT10_E_STG_NO_STD_STREAM"),
    (0x800401C6, "CONVERT10_E_STG_DIB_TO_BITMAP"),
    (0x800401C7, "CONVERT10_E_OLELINK_DISABLED"),
    (0x800401E0, "MK_E_CONNECTMANUALLY"),
    (0x800401E1, "MK_E_EXCEEDEDDEADLINE"),
    (0x800401E2, "MK_E_NEEDGENERIC"),
    (0x800401E3, "MK_E_UNAVAILABLE"),
    (0x800401E4, "MK_E_SYNTAX"),
    (0x800401E5, "MK_E_NOOBJECT"),
    (0x800401E6, "MK_E_INVALIDEXTENSION"),
    (0x800401E7, "MK_E_INTERMEDIATEINTERFACENOTSUPPORTED"),
    (0x800401E8, "MK_E_NOTBINDABLE"),
    (0x800401E9, "MK_E_NOTBOUND"),
    (0x800401EA, "MK_E_CANTOPENFILE"),
    (0x800401EB, "MK_E_MUSTBOTHERUSER"),
    (0x800401EC, "MK_E_NOINVERSE"),
    (0x800401ED, "MK_E_NOSTORAGE"),
    (0x800401EE, "MK_E_NOPREFIX"),
    (0x800401EF, "MK_E_ENUMERATION_FAILED"),
    (0x800401F0, "CO_E_NOTINITIALIZED"),
    (0x800401F1, "CO_E_ALREADYINITIALIZED"),
    (0x800401F2, "CO_E_CANTDETERMINECLASS"),
    (0x800401F3, "CO_E_CLASSSTRING"),
    (0x800401F4, "CO_E_IIDSTRING"),
    (0x800401F5, "CO_E_APPNOTFOUND"),
    (0x800401F6, "CO_E_APPSINGLEUSE"),
    (0x800401F7, "CO_E_ERRORINAPP"),
    (0x800401F8, "CO_E_DLLNOTFOUND"),
    (0x800401F9, "CO_E_ERRORINDLL"),
    (0x800401FA, "CO_E_WRONGOSFORAPP"),
    (0x800401FB, "CO_E_OBJNOTREG"),
    (0x800401FC, "CO_E_OBJISREG"),
    (0x800401FD, "CO_E_OBJNOTCONNECTED"),
    (0x800401FE, "CO_E_APPDIDNTREG"),
    (0x800401FF, "CO_E_RELEASED"),
    (0x80041309, "SCHED_E_TRIGGER_NOT_FOUND"),
    (0x8004130A, "SCHED_E_TASK_NOT_READY"),
    (0x8004130B, "SCHED_E_TASK_NOT_RUNNING"),
    (0x8004130C, "SCHED_E_SERVICE_NOT_INSTALLED"),
    (0x8004130D, "SCHED_E_CANNOT_OPEN_TASK"),
    (0x8004130E, "SCHED_E_INVALID_TASK"),
    (0x8004130F, "SCHED_E_ACCOUNT_INFORMATION_NOT_SET"),
    (0x80041310, "SCHED_E_ACCOUNT_NAME_NOT_FOUND"),
    (0x80041311, "SCHED_E_ACCOUNT_DBASE_CORRUPT"),
    (0x80041312, "SCHED_E_NO_SECURITY_SERVICES"),
    (0x80041313, "SCHED_E_UNKNOWN_OBJECT_VERSION"),
    (0x80041314, "SCHED_E_UNSUPPORTED_ACCOUNT_OPTION"),
    (0x80041315, "SCHED_E_SERVICE_NOT_RUNNING"),
    (0x80041316, "SCHED_E_UNEXPECTEDNODE"),
    (0x80041317, "SCHED_E_NAMESPACE"),
    (0x80041318, "SCHED_E_INVALIDVALUE"),
    (0x80041319, "SCHED_E_MISSINGNODE"),
    (0x8004131A, "SCHED_E_MALFORMEDXML"),
    (0x8004131D, "SCHED_E_TOO_MANY_NODES"),
    (0x8004131E, "SCHED_E_PAST_END_BOUNDARY"),
    (0x8004131F, "SCHED_E_ALREADY_RUNNING"),
    (0x80041320, "SCHED_E_USER_NOT_LOGGED_ON"),
    (0x80041321, "SCHED_E_INVALID_TASK_HASH"),
    (0x80041322, "SCHED_E_SERVICE_NOT_AVAILABLE"),
    (0x80041323, "SCHED_E_SERVICE_TOO_BUSY"),
    (0x80041324, "SCHED_E_TASK_ATTEMPTED"),
    (0x80041326, "SCHED_E_TASK_DISABLED"),
    (0x80041327, "SCHED_E_TASK_NOT_V1_COMPAT"),
    (0x80041328, "SCHED_E_START_ON_DEMAND"),
    (0x80041329, "SCHED_E_TASK_NOT_UBPM_COMPAT"),
    (0x80041330, "SCHED_E_DEPRECATED_FEATURE_USED"),
    (0x8004E021, "CO_E_ACTIVATIONFAILED"),
    (0x8004E022, "CO_E_ACTIVATIONFAILED_EVENTLOGGED"),
    (0x8004E023, "CO_E_ACTIVATIONFAILED_CATALOGERROR"),
    (0x8004E024, "CO_E_ACTIVATIONFAILED_TIMEOUT"),
    (0x8004E025, "CO_E_INITIALIZATIONFAILED"),
    (0x8004E028, "CO_E_THREADINGMODEL_CHANGED"),
    (0x8004E029, "CO_E_NOIISINTRINSICS"),
    (0x8004E02A, "CO_E_NOCOOKIES"),
    (0x8004E02B, "CO_E_DBERROR"),
    (0x8004E02C, "CO_E_NOTPOOLED"),
    (0x8004E02D, "CO_E_NOTCONSTRUCTED"),
    (0x8004E02E, "CO_E_NOSYNCHRONIZATION"),
    (0x8004E02F, "CO_E_ISOLEVELMISMATCH"),
    (0x8004E030, "CO_E_CALL_OUT_OF_TX_SCOPE_NOT_ALLOWED"),
    (0x8004E031, "CO_E_EXIT_TRANSACTION_SCOPE_NOT_CALLED"),
    (0x80070005, "E_ACCESSDENIED"),
    (0x80070006, "E_HANDLE"),
    (0x8007000E, "E_OUTOFMEMORY"),
    (0x80070057, "E_INVALIDARG"),
    (0x80080001, "CO_E_CLASS_CREATE_FAILED"),
    (0x80080002, "CO_E_SCM_ERROR"),
    (0x80080003, "CO_E_SCM_RPC_FAILURE"),
    (0x80080004, "CO_E_BAD_PATH"),
    (0x80080005, "CO_E_SERVER_EXEC_FAILURE"),
    (0x80080006, "CO_E_OBJSRV_RPC_FAILURE"),
    (0x80080007, "MK_E_NO_NORMALIZED"),
    (0x80080008, "CO_E_SERVER_STOPPING"),
    (0x80080009, "MEM_E_INVALID_ROOT"),
    (0x80080010, "MEM_E_INVALID_LINK"),
    (0x80080011, "MEM_E_INVALID_SIZE"),
    (0x80080015, "CO_E_MISSING_DISPLAYNAME"),
    (0x80080016, "CO_E_RUNAS_VALUE_MUST_BE_AAA"),
    (0x80080017, "CO_E_ELEVATION_DISABLED"),
    (0x80080200, "APPX_E_PACKAGING_INTERNAL"),
    (0x80080201, "APPX_E_INTERLEAVING_NOT_ALLOWED"),
    (0x80080202, "APPX_E_RELATIONSHIPS_NOT_ALLOWED"),
    (0x80080203, "APPX_E_MISSING_REQUIRED_FILE"),
    (0x80080204, "APPX_E_INVALID_MANIFEST"),
    (0x80080205, "APPX_E_INVALID_BLOCKMAP"),
    (0x80080206, "APPX_E_CORRUPT_CONTENT"),
    (0x80080207, "APPX_E_BLOCK_HASH_INVALID"),
    (0x80080208, "APPX_E_REQUESTED_RANGE_TOO_LARGE"),
    (0x80080209, "APPX_E_INVALID_SIP_CLIENT_DATA"),
    (0x8008020A, "APPX_E_INVALID_KEY_INFO"),
    (0x8008020B, "APPX_E_INVALID_CONTENTGROUPMAP"),
    (0x8008020C, "APPX_E_INVALID_APPINSTALLER"),
    (0x8008020D, "APPX_E_DELTA_BASELINE_VERSION_MISMATCH"),
    (0x8008020E, "APPX_E_DELTA_PACKAGE_MISSING_FILE"),
    (0x8008020F, "APPX_E_INVALID_DELTA_PACKAGE"),
    (0x80080210, "APPX_E_DELTA_APPENDED_PACKAGE_NOT_ALLOWED"),
    (0x80080211, "APPX_E_INVALID_PACKAGING_LAYOUT"),
    (0x80080212, "APPX_E_INVALID_PACKAGESIGNCONFIG"),
    (0x80080213, "APPX_E_RESOURCESPRI_NOT_ALLOWED"),
    (0x80080214, "APPX_E_FILE_COMPRESSION_MISMATCH"),
    (0x80080215, "APPX_E_INVALID_PAYLOAD_PACKAGE_EXTENSION"),
    (0x80080216, "APPX_E_INVALID_ENCRYPTION_EXCLUSION_FILE_LIST"),
    (0x80080217, "APPX_E_INVALID_PACKAGE_FOLDER_ACLS"),
    (0x80080218, "APPX_E_INVALID_PUBLISHER_BRIDGING"),
    (0x80080219, "APPX_E_DIGEST_MISMATCH"),
    (0x80090001, "NTE_BAD_UID"),
    (0x80090002, "NTE_BAD_HASH"),
    (0x80090003, "NTE_BAD_KEY"),
    (0x80090004, "NTE_BAD_LEN"),
    (0x80090005, "NTE_BAD_DATA"),
    (0x80090006, "NTE_BAD_SIGNATURE"),
    (0x80090007, "NTE_BAD_VER"),
    (0x80090008, "NTE_BAD_ALGID"),
    (0x80090009, "NTE_BAD_FLAGS"),
    (0x8009000A, "NTE_BAD_TYPE"),
    (0x8009000B, "NTE_BAD_KEY_STATE"),
    (0x8009000C, "NTE_BAD_HASH_STATE"),
    (0x8009000D, "NTE_NO_KEY"),
    (0x8009000E, "NTE_NO_MEMORY"),
    (0x8009000F, "NTE_EXISTS"),
    (0x80090010, "NTE_PERM"),
    (0x80090011, "NTE_NOT_FOUND"),
    (0x80090012, "NTE_DOUBLE_ENCRYPT"),
    (0x80090013, "NTE_BAD_PROVIDER"),
    (0x80090014, "NTE_BAD_PROV_TYPE"),
    (0x80090015, "NTE_BAD_PUBLIC_KEY"),
    (0x80090016, "NTE_BAD_KEYSET"),
    (0x80090017, "NTE_PROV_TYPE_NOT_DEF"),
    (0x80090018, "NTE_PROV_TYPE_ENTRY_BAD"),
    (0x80090019, "NTE_KEYSET_NOT_DEF"),
    (0x8009001A, "NTE_KEYSET_ENTRY_BAD"),
    (0x8009001B, "NTE_PROV_TYPE_NO_MATCH"),
    (0x8009001C, "NTE_SIGNATURE_FILE_BAD"),
    (0x8009001D, "NTE_PROVIDER_DLL_FAIL"),
    (0x8009001E, "NTE_PROV_DLL_NOT_FOUND"),
    (0x8009001F, "NTE_BAD_KEYSET_PARAM"),
    (0x80090020, "NTE_FAIL"),
    (0x80090021, "NTE_SYS_ERR"),
    (0x80090022, "NTE_SILENT_CONTEXT"),
    (0x80090023, "NTE_TOKEN_KEYSET_STORAGE_FULL"),
    (0x80090024, "NTE_TEMPORARY_PROFILE"),
    (0x80090025, "NTE_FIXEDPARAMETER"),
    (0x80090026, "NTE_INVALID_HANDLE"),
    (0x80090027, "NTE_INVALID_PARAMETER"),
    (0x80090028, "NTE_BUFFER_TOO_SMALL"),
    (0x80090029, "NTE_NOT_SUPPORTED"),
    (0x8009002A, "NTE_NO_MORE_ITEMS"),
    (0x8009002B, "NTE_BUFFERS_OVERLAP"),
    (0x8009002C, "NTE_DECRYPTION_FAILURE"),
    (0x8009002D, "NTE_INTERNAL_ERROR"),
    (0x8009002E, "NTE_UI_REQUIRED"),
    (0x8009002F, "NTE_HMAC_NOT_SUPPORTED"),
    (0x80090030, "NTE_DEVICE_NOT_READY"),
    (0x80090031, "NTE_AUTHENTICATION_IGNORED"),
    (0x80090032, "NTE_VALIDATION_FAILED"),
    (0x80090033, "NTE_INCORRECT_PASSWORD"),
    (0x80090034, "NTE_ENCRYPTION_FAILURE"),
    (0x80090035, "NTE_DEVICE_NOT_FOUND"),
    (0x80090036, "NTE_USER_CANCELLED"),
    (0x80090037, "NTE_PASSWORD_CHANGE_REQUIRED"),
    (0x80090038, "NTE_NOT_ACTIVE_CONSOLE"),
    (0x80090300, "SEC_E_INSUFFICIENT_MEMORY"),
    (0x80090301, "SEC_E_INVALID_HANDLE"),
    (0x80090302, "SEC_E_UNSUPPORTED_FUNCTION"),
    (0x80090303, "SEC_E_TARGET_UNKNOWN"),
    (0x80090304, "SEC_E_INTERNAL_ERROR"),
    (0x80090305, "SEC_E_SECPKG_NOT_FOUND"),
    (0x80090306, "SEC_E_NOT_OWNER"),
    (0x80090307, "SEC_E_CANNOT_INSTALL"),
    (0x80090308, "SEC_E_INVALID_TOKEN"),
    (0x80090309, "SEC_E_CANNOT_PACK"),
    (0x8009030A, "SEC_E_QOP_NOT_SUPPORTED"),
    (0x8009030B, "SEC_E_NO_IMPERSONATION"),
    (0x8009030C, "SEC_E_LOGON_DENIED"),
    (0x8009030D, "SEC_E_UNKNOWN_CREDENTIALS"),
    (0x8009030E, "SEC_E_NO_CREDENTIALS"),
    (0x8009030F, "SEC_E_MESSAGE_ALTERED"),
    (0x80090310, "SEC_E_OUT_OF_SEQUENCE"),
    (0x80090311, "SEC_E_NO_AUTHENTICATING_AUTHORITY"),
    (0x80090316, "SEC_E_BAD_PKGID"),
    (0x80090317, "SEC_E_CONTEXT_EXPIRED"),
    (0x80090318, "SEC_E_INCOMPLETE_MESSAGE"),
    (0x80090320, "SEC_E_INCOMPLETE_CREDENTIALS"),
    (0x80090321, "SEC_E_BUFFER_TOO_SMALL"),
    (0x80090322, "SEC_E_WRONG_PRINCIPAL"),
    (0x80090324, "SEC_E_TIME_SKEW"),
    (0x80090325, "SEC_E_UNTRUSTED_ROOT"),
    (0x80090326, "SEC_E_ILLEGAL_MESSAGE"),
    (0x80090327, "SEC_E_CERT_UNKNOWN"),
    (0x80090328, "SEC_E_CERT_EXPIRED"),
    (0x80090329, "SEC_E_ENCRYPT_FAILURE"),
    (0x80090330, "SEC_E_DECRYPT_FAILURE"),
    (0x80090331, "SEC_E_ALGORITHM_MISMATCH"),
    (0x80090332, "SEC_E_SECURITY_QOS_FAILED"),
    (0x80090333, "SEC_E_UNFINISHED_CONTEXT_DELETED"),
    (0x80090334, "SEC_E_NO_TGT_REPLY"),
    (0x80090335, "SEC_E_NO_IP_ADDRESSES"),
    (0x80090336, "SEC_E_WRONG_CREDENTIAL_HANDLE"),
    (0x80090337, "SEC_E_CRYPTO_SYSTEM_INVALID"),
    (0x80090338, "SEC_E_MAX_REFERRALS_EXCEEDED"),
    (0x80090339, "SEC_E_MUST_BE_KDC"),
    (0x8009033A, "SEC_E_STRONG_CRYPTO_NOT_SUPPORTED"),
    (0x8009033B, "SEC_E_TOO_MANY_PRINCIPALS"),
    (0x8009033C, "SEC_E_NO_PA_DATA"),
    (0x8009033D, "SEC_E_PKINIT_NAME_MISMATCH"),
    (0x8009033E, "SEC_E_SMARTCARD_LOGON_REQUIRED"),
    (0x8009033F, "SEC_E_SHUTDOWN_IN_PROGRESS"),
    (0x80090340, "SEC_E_KDC_INVALID_REQUEST"),
    (0x80090341, "SEC_E_KDC_UNABLE_TO_REFER"),
    (0x80090342, "SEC_E_KDC_UNKNOWN_ETYPE"),
    (0x80090343, "SEC_E_UNSUPPORTED_PREAUTH"),
    (0x80090345, "SEC_E_DELEGATION_REQUIRED"),
    (0x80090346, "SEC_E_BAD_BINDINGS"),
    (0x80090347, "SEC_E_MULTIPLE_ACCOUNTS"),
    (0x80090348, "SEC_E_NO_KERB_KEY"),
    (0x80090349, "SEC_E_CERT_WRONG_USAGE"),
    (0x80090350, "SEC_E_DOWNGRADE_DETECTED"),
    (0x80090351, "SEC_E_SMARTCARD_CERT_REVOKED"),
    (0x80090352, "SEC_E_ISSUING_CA_UNTRUSTED"),
    (0x80090353, "SEC_E_REVOCATION_OFFLINE_C"),
    (0x80090354, "SEC_E_PKINIT_CLIENT_FAILURE"),
    (0x80090355, "SEC_E_SMARTCARD_CERT_EXPIRED"),
    (0x80090356, "SEC_E_NO_S4U_PROT_SUPPORT"),
    (0x80090357, "SEC_E_CROSSREALM_DELEGATION_FAILURE"),
    (0x80090358, "SEC_E_REVOCATION_OFFLINE_KDC"),
    (0x80090359, "SEC_E_ISSUING_CA_UNTRUSTED_KDC"),
    (0x8009035A, "SEC_E_KDC_CERT_EXPIRED"),
    (0x8009035B, "SEC_E_KDC_CERT_REVOKED"),
    (0x8009035D, "SEC_E_INVALID_PARAMETER"),
    (0x8009035E, "SEC_E_DELEGATION_POLICY"),
    (0x8009035F, "SEC_E_POLICY_NLTM_ONLY"),
    (0x80090361, "SEC_E_NO_CONTEXT"),
    (0x80090362, "SEC_E_PKU2U_CERT_FAILURE"),
    (0x80090363, "SEC_E_MUTUAL_AUTH_FAILED"),
    (0x80090365, "SEC_E_ONLY_HTTPS_ALLOWED"),
    (0x80090367, "SEC_E_APPLICATION_PROTOCOL_MISMATCH"),
    (0x80090369, "SEC_E_INVALID_UPN_NAME"),
    (0x8009036A, "SEC_E_EXT_BUFFER_TOO_SMALL"),
    (0x8009036B, "SEC_E_INSUFFICIENT_BUFFERS"),
    (0x80091001, "CRYPT_E_MSG_ERROR"),
    (0x80091002, "CRYPT_E_UNKNOWN_ALGO"),
    (0x80091003, "CRYPT_E_OID_FORMAT"),
    (0x80091004, "CRYPT_E_INVALID_MSG_TYPE"),
    (0x80091005, "CRYPT_E_UNEXPECTED_ENCODING"),
    (0x80091006, "CRYPT_E_AUTH_ATTR_MISSING"),
    (0x80091007, "CRYPT_E_HASH_VALUE"),
    (0x80091008, "CRYPT_E_INVALID_INDEX"),
    (0x80091009, "CRYPT_E_ALREADY_DECRYPTED"),
    (0x8009100A, "CRYPT_E_NOT_DECRYPTED"),
    (0x8009100B, "CRYPT_E_RECIPIENT_NOT_FOUND"),
    (0x8009100C, "CRYPT_E_CONTROL_TYPE"),
    (0x8009100D, "CRYPT_E_ISSUER_SERIALNUMBER"),
    (0x8009100E, "CRYPT_E_SIGNER_NOT_FOUND"),
    (0x8009100F, "CRYPT_E_ATTRIBUTES_MISSING"),
    (0x80091010, "CRYPT_E_STREAM_MSG_NOT_READY"),
    (0x80091011, "CRYPT_E_STREAM_INSUFFICIENT_DATA"),
    (0x80092001, "CRYPT_E_BAD_LEN"),
    (0x80092002, "CRYPT_E_BAD_ENCODE"),
    (0x80092003, "CRYPT_E_FILE_ERROR"),
    (0x80092004, "CRYPT_E_NOT_FOUND"),
    (0x80092005, "CRYPT_E_EXISTS"),
    (0x80092006, "CRYPT_E_NO_PROVIDER"),
    (0x80092007, "CRYPT_E_SELF_SIGNED"),
    (0x80092008, "CRYPT_E_DELETED_PREV"),
    (0x80092009, "CRYPT_E_NO_MATCH"),
    (0x8009200A, "CRYPT_E_UNEXPECTED_MSG_TYPE"),
    (0x8009200B, "CRYPT_E_NO_KEY_PROPERTY"),
    (0x8009200C, "CRYPT_E_NO_DECRYPT_CERT"),
    (0x8009200D, "CRYPT_E_BAD_MSG"),
    (0x8009200E, "CRYPT_E_NO_SIGNER"),
    (0x8009200F, "CRYPT_E_PENDING_CLOSE"),
    (0x80092010, "CRYPT_E_REVOKED"),
    (0x80092011, "CRYPT_E_NO_REVOCATION_DLL"),
    (0x80092012, "CRYPT_E_NO_REVOCATION_CHECK"),
    (0x80092013, "CRYPT_E_REVOCATION_OFFLINE"),
    (0x80092014, "CRYPT_E_NOT_IN_REVOCATION_DATABASE"),
    (0x80092020, "CRYPT_E_INVALID_NUMERIC_STRING"),
    (0x80092021, "CRYPT_E_INVALID_PRINTABLE_STRING"),
    (0x80092022, "CRYPT_E_INVALID_IA5_STRING"),
    (0x80092023, "CRYPT_E_INVALID_X500_STRING"),
    (0x80092024, "CRYPT_E_NOT_CHAR_STRING"),
    (0x80092025, "CRYPT_E_FILERESIZED"),
    (0x80092026, "CRYPT_E_SECURITY_SETTINGS"),
    (0x80092027, "CRYPT_E_NO_VERIFY_USAGE_DLL"),
    (0x80092028, "CRYPT_E_NO_VERIFY_USAGE_CHECK"),
    (0x80092029, "CRYPT_E_VERIFY_USAGE_OFFLINE"),
    (0x8009202A, "CRYPT_E_NOT_IN_CTL"),
    (0x8009202B, "CRYPT_E_NO_TRUSTED_SIGNER"),
    (0x8009202C, "CRYPT_E_MISSING_PUBKEY_PARA"),
    (0x8009202D, "CRYPT_E_OBJECT_LOCATOR_OBJECT_NOT_FOUND"),
    (0x80093000, "CRYPT_E_OSS_ERROR"),
    (0x80093100, "CRYPT_E_ASN1_ERROR"),
    (0x80093101, "CRYPT_E_ASN1_INTERNAL"),
    (0x80093102, "CRYPT_E_ASN1_EOD"),
    (0x80093103, "CRYPT_E_ASN1_CORRUPT"),
    (0x80093104, "CRYPT_E_ASN1_LARGE"),
    (0x80093105, "CRYPT_E_ASN1_CONSTRAINT"),
    (0x80093106, "CRYPT_E_ASN1_MEMORY"),
    (0x80093107, "CRYPT_E_ASN1_OVERFLOW"),
    (0x80093108, "CRYPT_E_ASN1_BADPDU"),
    (0x80093109, "CRYPT_E_ASN1_BADARGS"),
    (0x8009310A, "CRYPT_E_ASN1_BADREAL"),
    (0x8009310B, "CRYPT_E_ASN1_BADTAG"),
    (0x8009310C, "CRYPT_E_ASN1_CHOICE"),
    (0x8009310D, "CRYPT_E_ASN1_RULE"),
    (0x8009310E, "CRYPT_E_ASN1_UTF8"),
    (0x80093133, "CRYPT_E_ASN1_PDU_TYPE"),
    (0x80093134, "CRYPT_E_ASN1_NYI"),
    (0x80093201, "CRYPT_E_ASN1_EXTENDED"),
    (0x80093202, "CRYPT_E_ASN1_NOEOD"),
    (0x80096001, "TRUST_E_SYSTEM_ERROR"),
    (0x80096002, "TRUST_E_NO_SIGNER_CERT"),
    (0x80096003, "TRUST_E_COUNTER_SIGNER"),
    (0x80096004, "TRUST_E_CERT_SIGNATURE"),
    (0x80096005, "TRUST_E_TIME_STAMP"),
    (0x80096010, "TRUST_E_BAD_DIGEST"),
    (0x80096011, "TRUST_E_MALFORMED_SIGNATURE"),
    (0x80096019, "TRUST_E_BASIC_CONSTRAINTS"),
    (0x8009601E, "TRUST_E_FINANCIAL_CRITERIA"),
    (0x800B0001, "TRUST_E_PROVIDER_UNKNOWN"),
    (0x800B0002, "TRUST_E_ACTION_UNKNOWN"),
    (0x800B0003, "TRUST_E_SUBJECT_FORM_UNKNOWN"),
    (0x800B0004, "TRUST_E_SUBJECT_NOT_TRUSTED"),
    (0x800B0100, "TRUST_E_NOSIGNATURE"),
    (0x800B0101, "CERT_E_EXPIRED"),
    (0x800B0102, "CERT_E_VALIDITYPERIODNESTING"),
    (0x800B0103, "CERT_E_ROLE"),
    (0x800B0104, "CERT_E_PATHLENCONST"),
    (0x800B0105, "CERT_E_CRITICAL"),
    (0x800B0106, "CERT_E_PURPOSE"),
    (0x800B0107, "CERT_E_ISSUERCHAINING"),
    (0x800B0108, "CERT_E_MALFORMED"),
    (0x800B0109, "CERT_E_UNTRUSTEDROOT"),
    (0x800B010A, "CERT_E_CHAINING"),
    (0x800B010B, "TRUST_E_FAIL"),
    (0x800B010C, "CERT_E_REVOKED"),
    (0x800B010D, "CERT_E_UNTRUSTEDTESTROOT"),
    (0x800B010E, "CERT_E_REVOCATION_FAILURE"),
    (0x800B010F, "CERT_E_CN_NO_MATCH"),
    (0x800B0110, "CERT_E_WRONG_USAGE"),
    (0x800B0111, "TRUST_E_EXPLICIT_DISTRUST"),
    (0x800B0112, "CERT_E_UNTRUSTEDCA"),
    (0x800B0113, "CERT_E_INVALID_POLICY"),
    (0x800B0114, "CERT_E_INVALID_NAME"),
    (0x80270250, "E_MONITOR_RESOLUTION_TOO_LOW"),
    (0x80270251, "E_ELEVATED_ACTIVATION_NOT_SUPPORTED"),
    (0x80270252, "E_UAC_DISABLED"),
    (0x80270253, "E_FULL_ADMIN_NOT_SUPPORTED"),
    (0x80270254, "E_APPLICATION_NOT_REGISTERED"),
    (0x80270255, "E_MULTIPLE_EXTENSIONS_FOR_APPLICATION"),
    (0x80270256, "E_MULTIPLE_PACKAGES_FOR_FAMILY"),
    (0x80270257, "E_APPLICATION_MANAGER_NOT_RUNNING"),
    (0x8027025A, "E_APPLICATION_ACTIVATION_TIMED_OUT"),
    (0x8027025B, "E_APPLICATION_ACTIVATION_EXEC_FAILURE"),
    (0x8027025C, "E_APPLICATION_TEMPORARY_LICENSE_ERROR"),
    (0x8027025D, "E_APPLICATION_TRIAL_LICENSE_EXPIRED"),
    (0x80270260, "E_SKYDRIVE_ROOT_TARGET_FILE_SYSTEM_NOT_SUPPORTED"),
    (0x80270261, "E_SKYDRIVE_ROOT_TARGET_OVERLAP"),
    (0x80270262, "E_SKYDRIVE_ROOT_TARGET_CANNOT_INDEX"),
    (0x80270263, "E_SKYDRIVE_FILE_NOT_UPLOADED"),
    (0x80270264, "E_SKYDRIVE_UPDATE_AVAILABILITY_FAIL"),
    (0x80270265, "E_SKYDRIVE_ROOT_TARGET_VOLUME_ROOT_NOT_SUPPORTED"),
    (0x80548201, "E_MBN_CONTEXT_NOT_ACTIVATED"),
    (0x80548202, "E_MBN_BAD_SIM"),
    (0x80548203, "E_MBN_DATA_CLASS_NOT_AVAILABLE"),
    (0x80548204, "E_MBN_INVALID_ACCESS_STRING"),
    (0x80548205, "E_MBN_MAX_ACTIVATED_CONTEXTS"),
    (0x80548206, "E_MBN_PACKET_SVC_DETACHED"),
    (0x80548207, "E_MBN_PROVIDER_NOT_VISIBLE"),
    (0x80548208, "E_MBN_RADIO_POWER_OFF"),
    (0x80548209, "E_MBN_SERVICE_NOT_ACTIVATED"),
    (0x8054820A, "E_MBN_SIM_NOT_INSERTED"),
    (0x8054820B, "E_MBN_VOICE_CALL_IN_PROGRESS"),
    (0x8054820C, "E_MBN_INVALID_CACHE"),
    (0x8054820D, "E_MBN_NOT_REGISTERED"),
    (0x8054820E, "E_MBN_PROVIDERS_NOT_FOUND"),
    (0x8054820F, "E_MBN_PIN_NOT_SUPPORTED"),
    (0x80548210, "E_MBN_PIN_REQUIRED"),
    (0x80548211, "E_MBN_PIN_DISABLED"),
    (0x80548212, "E_MBN_FAILURE"),
    (0x80548218, "E_MBN_INVALID_PROFILE"),
    (0x80548219, "E_MBN_DEFAULT_PROFILE_EXIST"),
    (0x80548220, "E_MBN_SMS_ENCODING_NOT_SUPPORTED"),
    (0x80548221, "E_MBN_SMS_FILTER_NOT_SUPPORTED"),
    (0x80548222, "E_MBN_SMS_INVALID_MEMORY_INDEX"),
    (0x80548223, "E_MBN_SMS_LANG_NOT_SUPPORTED"),
    (0x80548224, "E_MBN_SMS_MEMORY_FAILURE"),
    (0x80548225, "E_MBN_SMS_NETWORK_TIMEOUT"),
    (0x80548226, "E_MBN_SMS_UNKNOWN_SMSC_ADDRESS"),
    (0x80548227, "E_MBN_SMS_FORMAT_NOT_SUPPORTED"),
    (0x80548228, "E_MBN_SMS_OPERATION_NOT_ALLOWED"),
    (0x80548229, "E_MBN_SMS_MEMORY_FULL"),
    (0x80650001, "E_BLUETOOTH_ATT_INVALID_HANDLE"),
    (0x80650002, "E_BLUETOOTH_ATT_READ_NOT_PERMITTED"),
    (0x80650003, "E_BLUETOOTH_ATT_WRITE_NOT_PERMITTED"),
    (0x80650004, "E_BLUETOOTH_ATT_INVALID_PDU"),
    (0x80650005, "E_BLUETOOTH_ATT_INSUFFICIENT_AUTHENTICATION"),
    (0x80650006, "E_BLUETOOTH_ATT_REQUEST_NOT_SUPPORTED"),
    (0x80650007, "E_BLUETOOTH_ATT_INVALID_OFFSET"),
    (0x80650008, "E_BLUETOOTH_ATT_INSUFFICIENT_AUTHORIZATION"),
    (0x80650009, "E_BLUETOOTH_ATT_PREPARE_QUEUE_FULL"),
    (0x8065000A, "E_BLUETOOTH_ATT_ATTRIBUTE_NOT_FOUND"),
    (0x8065000B, "E_BLUETOOTH_ATT_ATTRIBUTE_NOT_LONG"),
    (0x8065000C, "E_BLUETOOTH_ATT_INSUFFICIENT_ENCRYPTION_KEY_SIZE"),
    (0x8065000D, "E_BLUETOOTH_ATT_INVALID_ATTRIBUTE_VALUE_LENGTH"),
    (0x8065000E, "E_BLUETOOTH_ATT_UNLIKELY"),
    (0x8065000F, "E_BLUETOOTH_ATT_INSUFFICIENT_ENCRYPTION"),
    (0x80650010, "E_BLUETOOTH_ATT_UNSUPPORTED_GROUP_TYPE"),
    (0x80650011, "E_BLUETOOTH_ATT_INSUFFICIENT_RESOURCES"),
    (0x80651000, "E_BLUETOOTH_ATT_UNKNOWN_ERROR"),
    (0x80660001, "E_AUDIO_ENGINE_NODE_NOT_FOUND"),
    (0x80660002, "E_HDAUDIO_EMPTY_CONNECTION_LIST"),
    (0x80660003, "E_HDAUDIO_CONNECTION_LIST_NOT_SUPPORTED"),
    (0x80660004, "E_HDAUDIO_NO_LOGICAL_DEVICES_CREATED"),
    (0x80660005, "E_HDAUDIO_NULL_LINKED_LIST_ENTRY"),
    (0x83760001, "E_INVALID_PROTOCOL_OPERATION"),
    (0x83760002, "E_INVALID_PROTOCOL_FORMAT"),
    (0x83760003, "E_PROTOCOL_EXTENSIONS_NOT_SUPPORTED"),
    (0x83760004, "E_SUBPROTOCOL_NOT_SUPPORTED"),
    (0x83760005, "E_PROTOCOL_VERSION_NOT_SUPPORTED"),
    (0x8802B001, "E_SYNCENGINE_FILE_SIZE_OVER_LIMIT"),
    (0x8802B002, "E_SYNCENGINE_FILE_SIZE_EXCEEDS_REMAINING_QUOTA"),
    (0x8802B003, "E_SYNCENGINE_UNSUPPORTED_FILE_NAME"),
    (0x8802B004, "E_SYNCENGINE_FOLDER_ITEM_COUNT_LIMIT_EXCEEDED"),
    (0x8802B005, "E_SYNCENGINE_FILE_SYNC_PARTNER_ERROR"),
    (0x8802B006, "E_SYNCENGINE_SYNC_PAUSED_BY_SERVICE"),
    (0x8802C002, "E_SYNCENGINE_FILE_IDENTIFIER_UNKNOWN"),
    (0x8802C003, "E_SYNCENGINE_SERVICE_AUTHENTICATION_FAILED"),
    (0x8802C004, "E_SYNCENGINE_UNKNOWN_SERVICE_ERROR"),
    (0x8802C005, "E_SYNCENGINE_SERVICE_RETURNED_UNEXPECTED_SIZE"),
    (0x8802C006, "E_SYNCENGINE_REQUEST_BLOCKED_BY_SERVICE"),
    (0x8802C007, "E_SYNCENGINE_REQUEST_BLOCKED_DUE_TO_CLIENT_ERROR"),
    (0x8802D001, "E_SYNCENGINE_FOLDER_INACCESSIBLE"),
    (0x8802D002, "E_SYNCENGINE_UNSUPPORTED_FOLDER_NAME"),
    (0x8802D003, "E_SYNCENGINE_UNSUPPORTED_MARKET"),
    (0x8802D004, "E_SYNCENGINE_PATH_LENGTH_LIMIT_EXCEEDED"),
    (0x8802D005, "E_SYNCENGINE_REMOTE_PATH_LENGTH_LIMIT_EXCEEDED"),
    (0x8802D006, "E_SYNCENGINE_CLIENT_UPDATE_NEEDED"),
    (0x8802D007, "E_SYNCENGINE_PROXY_AUTHENTICATION_REQUIRED"),
    (0x8802D008, "E_SYNCENGINE_STORAGE_SERVICE_PROVISIONING_FAILED"),
    (0x8802D009, "E_SYNCENGINE_UNSUPPORTED_REPARSE_POINT"),
    (0x8802D00A, "E_SYNCENGINE_STORAGE_SERVICE_BLOCKED"),
    (0x8802D00B, "E_SYNCENGINE_FOLDER_IN_REDIRECTION"),
];
