"""DynamoDB: request and capacity units, storage, backups, streams. The free tier (0 to 25 GB, say, at 0) belongs to the
account: the last tier is the price. Units of a request are listed one at a time, here by the million."""

from __future__ import annotations

from planner.pricing.offers.product import Product
from planner.pricing.offers.target import MILLION, ONE, Service, Target

_CODE = "AmazonDynamoDB"
_STORED = "USD/GB-month"
_ITEMS = {
    "WriteRequestUnits": ("on-demand write request unit (WRU)", "USD/million WRU", MILLION),
    "ReadRequestUnits": ("on-demand read request unit (RRU)", "USD/million RRU", MILLION),
    "ReplWriteRequestUnits": ("on-demand replicated WRU (global tables, MREC)", "USD/million rWRU", MILLION),
    "IA-WriteRequestUnits": ("on-demand WRU, Standard-IA table class", "USD/million WRU", MILLION),
    "IA-ReadRequestUnits": ("on-demand RRU, Standard-IA table class", "USD/million RRU", MILLION),
    "IA-ReplWriteRequestUnits": ("on-demand rWRU, Standard-IA table class", "USD/million rWRU", MILLION),
    "WriteCapacityUnit-Hrs": ("provisioned WCU", "USD/WCU-hour", ONE),
    "ReadCapacityUnit-Hrs": ("provisioned RCU", "USD/RCU-hour", ONE),
    "ReplWriteCapacityUnit-Hrs": ("provisioned rWCU (global tables)", "USD/rWCU-hour", ONE),
    "IA-WriteCapacityUnit-Hrs": ("provisioned WCU, Standard-IA", "USD/WCU-hour", ONE),
    "IA-ReadCapacityUnit-Hrs": ("provisioned RCU, Standard-IA", "USD/RCU-hour", ONE),
    "IA-ReplWriteCapacityUnit-Hrs": ("provisioned rWCU, Standard-IA", "USD/rWCU-hour", ONE),
    "TimedStorage-ByteHrs": ("table storage Standard (first 25 GB/month free)", _STORED, ONE),
    "IA-TimedStorage-ByteHrs": ("table storage Standard-IA", _STORED, ONE),
    "TimedPITRStorage-ByteHrs": ("continuous backup PITR", _STORED, ONE),
    "TimedBackupStorage-ByteHrs": ("on-demand backup storage", _STORED, ONE),
    "RestoreDataSize-Bytes": ("restore", "USD/GB", ONE),
    "ExportDataSize-Bytes": ("export to S3 (full)", "USD/GB", ONE),
    "ImportDataSize-Bytes": ("import from S3", "USD/GB", ONE),
    "Streams-Requests": ("Streams read request units", "USD/million", MILLION),
    "ChangeDataCaptureUnits-Kinesis": ("change data capture for Kinesis", "USD/million", MILLION),
}
_RESERVED = {"WriteCapacityUnit-Hrs": "reserved WCU {}", "ReadCapacityUnit-Hrs": "reserved RCU {}"}


def _target(product: Product) -> Target | None:
    found = _ITEMS.get(product.usage)
    if found is None:
        return None
    item, unit, scale = found
    reserved = _RESERVED.get(product.usage)
    engine = "" if reserved else None
    region = product.region()
    return Target(_CODE, region, "", item, unit, scale, reserved_engine=engine, reserved_item=reserved or "")


SERVICE = Service(
    code=_CODE,
    title="DynamoDB",
    families=frozenset(
        (
            "Amazon DynamoDB PayPerRequest Throughput",
            "Provisioned IOPS",
            "Database Storage",
            "Data Transfer",
            "DDB-Operation-ReplicatedWrite",
            "DDB-Operation-ReplicatedWrite-IA",
            "Amazon DynamoDB On-Demand Backup Storage",
            "Amazon DynamoDB Restore Data Size",
            "Amazon DynamoDB Export Data Size",
            "Amazon DynamoDB Import Data Size",
            "Amazon DynamoDB Continuous Backup Storage",
            "Amazon DynamoDB Change Data Capture Units",
            "Amazon DynamoDB Streams",
            "API Request",
            "System Operation",
        )
    ),
    rule=_target,
)
