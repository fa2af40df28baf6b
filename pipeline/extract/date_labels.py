"""The words that stand beside a date and say whether it is of publication or of a change, in the languages that have them."""

from __future__ import annotations

import re

_CHANGED = (
    "updated?|last[ -]?modified|modified|edited|changed|aktualisiert|stand(?=[: ]+\\d)|ge[äa]ndert|zuletzt|mis[e]? à jour|modifié[e]?"
    "|actualizad[oa]|actualizaci[óo]n|modificad[oa]|aggiornat[oa]|aggiornamento|modificat[oa]|atualizad[oa]|atualizaç[ãa]o"
    "|bijgewerkt|gewijzigd|laatste update|uppdaterad|opdateret|oppdatert|endret|päivitetty|muokattu|zaktualizowan[oay]"
    "|aktualizacja|aktualizov[áa]no|upraveno|обновлен[оа]?|изменен[оа]?|оновлен[оа]?|güncelle\\w*|ενημερώ\\w+|تحديث"
    "|به‌?روز\\w*|更新|最終更新|修改|수정|업데이트|최종|अपडेट|diperbarui|cập nhật|frissít\\w+|actualizat\\w*|עודכן|อัปเดต|แก้ไข"
)
_PUBLISHED = (
    "published|posted|publié[e]?|veröffentlicht|erschienen|erstellt|publicad[oa]|pubblicat[oa]|gepubliceerd|publicerad"
    "|publisert|udgivet|publiceret|julkaistu|opublikowan[oay]|publikov[áa]no|vydáno|опубликован[оа]?|опубліковано"
    "|yay[ıi]n\\w*|δημοσι\\w+|نشر|انتشار|公開|掲載|発表|发布|發布|发表|입력|등록|게시|प्रकाशित|dipublikasikan|đăng|közzétéve"
    "|publicat|פורסם|เผยแพร่"
)
# The first group is a change, the second a publication.
DATE_LABEL = re.compile(rf"(?<!\w)(?:({_CHANGED})|({_PUBLISHED}))", re.IGNORECASE)


def speaks_of_change(text: str) -> bool:
    """Whether the last such word of a text speaks of a change."""
    labels = list(DATE_LABEL.finditer(text))
    return bool(labels) and labels[-1][1] is not None
