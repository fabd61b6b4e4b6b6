# ruff: noqa: RUF001 -- letters of other scripts are what is tested
from __future__ import annotations

import pytest

from llmops_magics.config.routing import LANGUAGES
from llmops_magics.models.routing.language import language_of

SENTENCES = {
    "en": "What is the refund policy for orders that were damaged in transit?",
    "de": "Wie lange dauert die Rückerstattung, wenn ich das Paket nicht bekommen habe?",
    "fr": "Comment puis-je changer l'adresse de livraison de ma commande ?",
    "es": "¿Cómo puedo cambiar la dirección de entrega de mi pedido?",
    "it": "Come posso cambiare l'indirizzo di consegna del mio ordine?",
    "pt": "Como posso mudar o endereço de entrega do meu pedido?",
    "nl": "Hoe kan ik het adres van mijn bestelling wijzigen?",
    "ru": "Как изменить адрес доставки? Это очень срочный вопрос, мы ждём ответ.",
    "uk": "Як змінити адресу доставки мого замовлення? Дякую за її перевірку.",
    "el": "Πώς μπορώ να αλλάξω τη διεύθυνση παράδοσης;",
    "ar": "كيف يمكنني تغيير عنوان التسليم؟",
    "fa": "چگونه می‌توانم نشانی تحویل را تغییر دهم؟ گزینه‌ها چیست؟",
    "he": "איך אפשר לשנות את כתובת המשלוח?",
    "hi": "मैं अपने ऑर्डर का पता कैसे बदल सकता हूँ?",
    "th": "ฉันจะเปลี่ยนที่อยู่จัดส่งได้อย่างไร",
    "zh": "我怎样才能更改订单的送货地址？",
    "ja": "注文の配送先住所を変更するにはどうすればよいですか。",
    "ko": "주문의 배송 주소를 어떻게 변경하나요?",
}


@pytest.mark.parametrize(("language", "text"), SENTENCES.items())
def test_a_sentence_each(language, text):
    assert language_of(text) == language


def test_every_language_of_the_settings_is_told():
    assert set(SENTENCES) == set(LANGUAGES)


@pytest.mark.parametrize("text", ["", "42 + 17", "Paris", "GET /index.html 200", "ёлка і її"])
def test_what_nobody_can_tell(text):
    assert language_of(text) == ""
