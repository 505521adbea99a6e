"""``manage.py import_appraisals FILE``: appraisals from a file; they wait for HR's approval."""

from employees.management.importing import ImportCommand
from performance.intake import check_appraisals, import_appraisals


class Command(ImportCommand):
    help = (
        "Imports appraisals of an agency's people; they count only once HR has approved them. Required columns: nip, "
        "jenis, tahun, rezim; then those of the regime: nilai_skp, nilai_perilaku, bobot, ide_baru (PP46, PP30) or "
        "hasil_kerja, perilaku_kerja (P6). An HR officer of the agency answers for it: --apply --by NIP."
    )

    def more(self, options, at):
        return super().more(options, at) | {"file_name": options["file"].name}

    def preview(self, *, at, **known):
        return check_appraisals(content=known["content"], agency=known["agency"], at=at)

    def apply(self, **known):
        return import_appraisals(**known)
