"""What must not pass the edge: identity numbers, phone numbers and e-mail addresses inside strings, and field names.

The rules look at shape only. An identity number with a wrong check digit still leads to a person, so the check
digit is not asked for; in exchange, a report number made of area, date and serial without separators looks like one
and is refused (write ``420100-20200123-0001``).
"""

import re

import polars as pl

_PROVINCE = "(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91)"
_MONTH_DAY = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_RUNS = "|".join(
    (
        _PROVINCE + "[0-9]{4}(?:18|19|20)[0-9]{2}" + _MONTH_DAY + "[0-9]{3}[0-9Xx]",  # identity number
        _PROVINCE + "[0-9]{4}[0-9]{2}" + _MONTH_DAY + "[0-9]{3}",  # identity number as issued before 1999
        "(?:86[- ]?)?1[3-9][0-9][- ]?[0-9]{4}[- ]?[0-9]{4}",  # mobile
        "0(?:10|2[0-9]|[3-9][0-9]{2})[- ]?[2-8][0-9]{6,7}",  # land line with area code
    )
)
_EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
# Bounded by other than digits, so that a longer number is not searched for shorter ones. Written without
# look-around, which the engine behind polars does not have.
_SUSPECT = f"(?:^|[^0-9])(?:{_RUNS})(?:[^0-9]|$)|{_EMAIL}"
# Eleven digits between letters of a random hexadecimal number are no phone number.
_HASH = r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}|\b[0-9A-Fa-f]{32,128}\b"

_suspect = re.compile(_SUSPECT)
_hash = re.compile(_HASH)

_NAMES = {
    "name": "name full_name first_name last_name given_name surname patient_name case_name 姓名 患者姓名",
    "guardian": "guardian guardian_name parent_name mother_name father_name contact contact_name 家长姓名 "
    "监护人 联系人",
    "number": "id_number identity_number id_card idcard id_no national_id passport passport_number patient_id "
    "social_security_number medical_record_number insurance_number 身份证号 身份证 证件号 有效证件号 护照号",
    "phone": "phone phone_number telephone tel mobile mobile_number contact_phone wechat qq 电话 联系电话 手机 手机号",
    "email": "email e_mail mail 邮箱 电子邮箱",
    "address": "address home_address street street_address detailed_address residence_address workplace_address "
    "latitude longitude house_number 住址 地址 现住址 详细地址 家庭住址",
    "workplace": "workplace employer work_unit company school_name class_name 工作单位 单位 学校 班级",
    "birth": "birth_date date_of_birth birthdate birthday dob 出生日期 生日",
}
IDENTIFYING_FIELDS = frozenset(name for group in _NAMES.values() for name in group.split())
"""Names (lower case, underscores) of fields that say who someone is; a publisher refuses those that hold a value."""


def identifying_field(name: str) -> bool:
    """Return whether a field is named like one that says who someone is, whatever its case and separators."""
    return re.sub(r"[\s\-.]+", "_", name.strip().lower()) in IDENTIFYING_FIELDS


def holds_identifier(text: str) -> bool:
    """Return whether a string holds an identity number, a phone number or an e-mail address.

    For columns prefer `identifiers_in`. Numbers inside a UUID or a hexadecimal hash do not count.
    """
    return _suspect.search(_hash.sub("/", text)) is not None


def suspects_in(column: pl.Expr) -> pl.Expr:
    """Return a boolean expression: true wherever `holds_identifier` is true, and now and then for a hash.

    One search a value and nothing else: for batches in which hits are rare and are then looked at one by one.
    """
    return column.str.contains(_SUSPECT)


def identifiers_in(column: pl.Expr) -> pl.Expr:
    """Return a boolean expression: `holds_identifier` of each value, null where the value is null.

    Parameters
    ----------
    column
        Expression of strings.
    """
    return column.str.replace_all(_HASH, "/").str.contains(_SUSPECT)
