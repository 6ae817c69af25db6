"""libvirt seen through its own client library, as JSON, for comparison: witness.py WHAT URI [ARGUMENT...]"""
import json
import sys

import libvirt

libvirt.registerErrorHandler(lambda context, error: None, None)


def identity(domain):
    return {"name": domain.name(), "uuid": domain.UUIDString(), "id": domain.ID()}


def host(connection):
    return {
        "hostname": connection.getHostname(),
        "libVersion": connection.getLibVersion(),
        "version": connection.getVersion(),
        "type": connection.getType(),
        "uri": connection.getURI(),
        "capabilities": connection.getCapabilities(),
        "info": connection.getInfo(),
        "cpu": connection.getCPUStats(libvirt.VIR_NODE_CPU_STATS_ALL_CPUS, 0),
        "cpu0": connection.getCPUStats(0, 0),
        "memory": connection.getMemoryStats(libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS, 0),
    }


def domains(connection, flags="0"):
    return [identity(domain) for domain in connection.listAllDomains(int(flags))]


def domain(connection, uuid):
    found = connection.lookupByUUIDString(uuid)
    active = bool(found.isActive())
    return {
        "identity": identity(found),
        "state": found.state(),
        "info": found.info(),
        "xml": found.XMLDesc(0),
        "secureXml": found.XMLDesc(libvirt.VIR_DOMAIN_XML_SECURE),
        "inactiveXml": found.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE),
        "active": active,
        "persistent": bool(found.isPersistent()),
        "managedSave": bool(found.hasManagedSaveImage()),
        "autostart": bool(found.autostart()),
        "control": found.controlInfo() if active else None,
        "diskErrors": found.diskErrors() if active else None,
        "job": found.jobStats() if active else None,
    }


def stats(connection, groups, flags):
    return [{"domain": identity(found), "params": params} for found, params in connection.getAllDomainStats(int(groups), int(flags))]


def pools(connection):
    return [
        {"name": pool.name(), "uuid": pool.UUIDString(), "info": pool.info(), "active": bool(pool.isActive())}
        for pool in connection.listAllStoragePools(0)
    ]


def errors(connection):
    attempts = {
        "noName": lambda: connection.lookupByName("absent"),
        "noUuid": lambda: connection.lookupByUUIDString("00000000-0000-4000-8000-000000000000"),
        "noXml": lambda: connection.defineXMLFlags("<domain", 0),
        "wrongXml": lambda: connection.defineXMLFlags("<network/>", 0),
        "wrongDomain": lambda: connection.defineXMLFlags("<domain type='qemu'><name>a</name></domain>", 0),
        "noSuspend": lambda: connection.lookupByName("stopped").suspend(),
        "noDestroy": lambda: connection.lookupByName("stopped").destroyFlags(0),
        "noStart": lambda: connection.lookupByName("paused").createWithFlags(0),
        "noFlag": lambda: connection.lookupByName("stopped").createWithFlags(1 << 20),
    }
    return {name: error_of(attempt) for name, attempt in attempts.items()}


def error_of(attempt):
    try:
        attempt()
    except libvirt.libvirtError as error:
        return {
            "code": error.get_error_code(),
            "domain": error.get_error_domain(),
            "level": error.get_error_level(),
            "text": error.get_error_message(),
            "str1": error.get_str1(),
            "str2": error.get_str2(),
            "int1": error.get_int1(),
        }
    return None


def events(connection):
    """One line `ready`, then one JSON array per event, until standard input ends."""
    import threading

    def report(*values):
        print(json.dumps(values), flush=True)

    def lifecycle(_connection, found, event, detail, _opaque):
        report("lifecycle", found.UUIDString(), event, detail)

    def reboot(_connection, found, _opaque):
        report("reboot", found.UUIDString())

    def watchdog(_connection, found, action, _opaque):
        report("watchdog", found.UUIDString(), action)

    def io_error(_connection, found, path, alias, action, reason, _opaque):
        report("ioError", found.UUIDString(), path, alias, action, reason)

    def control_error(_connection, found, _opaque):
        report("controlError", found.UUIDString())

    for event_id, callback in [
        (libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, lifecycle),
        (libvirt.VIR_DOMAIN_EVENT_ID_REBOOT, reboot),
        (libvirt.VIR_DOMAIN_EVENT_ID_WATCHDOG, watchdog),
        (libvirt.VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, io_error),
        (libvirt.VIR_DOMAIN_EVENT_ID_CONTROL_ERROR, control_error),
    ]:
        connection.domainEventRegisterAny(None, event_id, callback, None)
    print("ready", flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), sys.stdout.flush(), __import__("os")._exit(0)), daemon=True).start()
    while True:
        libvirt.virEventRunDefaultImpl()


def main():
    what, uri, *arguments = sys.argv[1:]
    if what == "events":
        libvirt.virEventRegisterDefaultImpl()
    answer = globals()[what](libvirt.open(uri), *arguments)
    print(json.dumps(answer))


main()
