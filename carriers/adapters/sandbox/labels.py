"""What the sandbox carrier prints on its labels."""

from carriers.labels.content import LabelContent
from carriers.labels.render import render_label
from carriers.ports import LabelFile, LabelFormat
from carriers.sandbox import SandboxParcel


def sandbox_label(parcel: SandboxParcel, wanted: LabelFormat) -> LabelFile:
    """The parcel's label; the same bytes every time."""
    order = parcel.order
    return render_label(
        LabelContent(
            carrier="Sandbox Carrier",
            service=order.service.capitalize() + (" return" if order.return_to_sender else ""),
            barcode=parcel.tracking_number,
            reference=order.reference,
            ship_from=order.ship_from,
            ship_to=order.ship_to,
            weight_g=order.weight_g,
            mailing_date=order.mailing_date,
            notes=("SPECIMEN, not a real label",),
        ),
        wanted,
    )
